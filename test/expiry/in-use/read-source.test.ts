import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readFolder } from '../../../src/expiry/in-use/read-folder.ts'
import { makeReadSource } from '../../../src/expiry/in-use/read-source.ts'
import { LIMITS } from '../../../src/expiry/in-use/source.ts'
import { readUrl } from '../../../src/platform/read-url.ts'

let folder: string
const closers: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-in-use-'))
})
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
  await rm(folder, { recursive: true, force: true })
})

const read = makeReadSource({})
const source = (more: object) => ({ name: 'test', mayBeEmpty: false, ...more })
const put = async (path: string, content: string) => {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
  return file
}
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/images?key=secret`
}

test('a URL, a file and a command give names, one a line or as JSON', async () => {
  const url = await serve((_, answer) => answer.end('["r.io/a:v1"]'))
  const expected = { names: ['r.io/a:v1'], form: 'name or host' }
  expect(await read(source({ url }))).toEqual(expected)
  expect(await read(source({ file: await put('images.txt', 'r.io/a:v1\n') }))).toEqual(expected)
  expect(await read(source({ command: ['printf', 'r.io/a:v1'] }))).toEqual(expected)
})

test('a source that names no image fails, unless it may be empty', async () => {
  const file = await put('images.txt', '# none\n')
  for (const more of [{ file }, { command: ['true'] }, { folder }])
    await expect(read(source(more))).rejects.toThrow('it names no image')
  expect(await read(source({ file, mayBeEmpty: true }))).toMatchObject({ names: [] })
})

test.each<[string, RequestListener, string]>([
  [
    'another status',
    (_, answer) => answer.writeHead(302, { location: '/' }).end('r.io/a'),
    'the answer is 302',
  ],
  ['too many bytes', (_, answer) => answer.end('r.io/a\n'.repeat(100)), 'the answer has more than 500 bytes'],
  ['no UTF-8', (_, answer) => answer.end(Buffer.from([0xff, 0xfe])), 'the answer is not text in UTF-8'],
  ['no end', (_, answer) => void answer.write('r.io/a'), 'it took more than 0.3 s'],
  ['no answer', (request) => void request.socket.destroy(), 'no answer (UND_ERR_SOCKET)'],
])('a URL with %s fails, and the reason does not have it', async (_, listener, message) => {
  // One that never ends waits for the whole time; the others need long on a busy machine.
  const ms = message.startsWith('it took') ? 300 : 60_000
  const failure = await readUrl(await serve(listener), undefined, { bytes: 500, ms }).catch(String)
  expect(failure).toBe(`Error: ${message}`)
})

test('a command that fails, and a file that is not there, fail', async () => {
  await expect(read(source({ command: ['false'] }))).rejects.toThrow('the command false failed')
  await expect(read(source({ file: join(folder, 'none') }))).rejects.toThrow('ENOENT')
})

const deployment = (image: string) => `kind: Deployment
spec:
  template:
    spec:
      containers:
        - image: ${image}
`

test('a folder gives the images of every document in every file, behind links too, and each file once', async () => {
  await put('a.yaml', `# nothing here\n---\n${deployment('r.io/a:v1')}---\n${deployment('r.io/b:v1')}`)
  await put('deep/er/c.YML', deployment('r.io/c:v1'))
  await put('d.json', '{"spec": {"initContainers": [{"image": "r.io/d:v1"}]}}')
  await put('.git/e.yaml', deployment('r.io/e:v1'))
  await put('notes.txt', 'image: r.io/f:v1')
  await put('chart.yaml', '{{- broken, but it names none }}')
  const other = await mkdtemp(join(tmpdir(), 'tallyman-in-use-'))
  closers.push(() => rm(other, { recursive: true }))
  await writeFile(join(other, 'g.yaml'), deployment('r.io/g:v1'))
  await symlink(other, join(folder, 'linked'))
  await symlink(folder, join(other, 'circle'))
  const found = await read(source({ folder }))
  expect(found.form).toBe('host')
  expect(found.names.sort()).toEqual(['a', 'b', 'c', 'd', 'g'].map((name) => `r.io/${name}:v1`))
})

test.each([
  [
    'a template',
    'x/a.yaml',
    deployment("'{{ .Values.image }}'"),
    /x\/a\.yaml: the image of a container .*\{\{ \.Values/,
  ],
  ['no YAML', 'a.yaml', '{{ .Values }}: [image', /a\.yaml: /],
  ['no JSON', 'a.json', '{"image": "r.io/a"', /a\.json: /],
  ['aliases that grow beyond measure', 'a.yaml', bomb(), /a\.yaml: Excessive alias count/],
])('a folder with %s fails and names the file', async (_, path, content, message) => {
  await put('ok.yaml', deployment('r.io/a:v1'))
  await put(path, content)
  await expect(read(source({ folder }))).rejects.toThrow(message)
})

function bomb(): string {
  const lines = ['image: &a0 [x, x, x, x, x, x, x, x, x, x]']
  for (let n = 1; n < 9; n++)
    lines.push(
      `b${n}: &a${n} [${Array(10)
        .fill(`*a${n - 1}`)
        .join(', ')}]`,
    )
  return lines.join('\n')
}

test('a link that leads nowhere, too many files, and too many bytes fail', async () => {
  await put('a.yaml', deployment('r.io/a:v1'))
  await put('b.yaml', deployment('r.io/b:v1'))
  await expect(readFolder(folder, { ...LIMITS, files: 1 })).rejects.toThrow('it has more than 1 files')
  await expect(readFolder(folder, { ...LIMITS, folderBytes: 100 })).rejects.toThrow('more than 100 bytes')
  await symlink(join(folder, 'none'), join(folder, 'link'))
  await expect(readFolder(folder)).rejects.toThrow('ENOENT')
})
