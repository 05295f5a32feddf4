import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { freePort } from '../lab/ports.ts'
import { startProcess } from '../lab/process.ts'
import { outside } from '../lab/run-program.ts'
import { ADMIN_TOKEN, READ_TOKEN, WEBHOOK_TOKEN } from '../lab/tallyman.ts'
import { jsonSchemaOfConfig } from '../src/config/json-schema.ts'

/** What `npm pack` puts into the package, and what the package does once `npm install -g` has installed it. */
const root = join(import.meta.dirname, '..')
const run = promisify(execFile)
let folder: string
let shipped: string[]
let command: string
/** The folder of the installed package. */
let installed: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-package-'))
  await run('npm', ['pack', '--pack-destination', folder], { cwd: await usedCheckout() })
  const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'))
  const { stdout } = await run('tar', ['-tzf', file], { cwd: folder })
  shipped = stdout.trimEnd().split('\n')
  const prefix = join(folder, 'installed')
  await install('--global', '--prefix', prefix, join(folder, file))
  command = join(prefix, 'bin/tallyman')
  installed = join(prefix, 'lib/node_modules/tallyman')
}, 900_000)
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))

const install = (...args: string[]) =>
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...args])

/** A copy of this checkout in which somebody runs Tallyman: it has a configuration, data, and a leftover of a build. */
async function usedCheckout(): Promise<string> {
  const checkout = join(folder, 'checkout')
  const own = ['node_modules', '.git', 'dist', 'data', 'tallyman.yaml']
  for (const name of await readdir(root))
    if (!own.includes(name)) await cp(join(root, name), join(checkout, name), { recursive: true })
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'))
  for (const file of [
    'tallyman.yaml',
    '.env',
    'data/redis/appendonly.aof',
    'dist/src/gone.js',
    'docs/token.txt',
  ]) {
    await mkdir(join(checkout, file, '..'), { recursive: true })
    await writeFile(join(checkout, file), 'adminToken: a-secret-of-this-site')
  }
  return checkout
}

async function writeConfig(): Promise<{ file: string; port: number }> {
  const port = await freePort()
  const file = join(folder, 'site.yaml')
  await writeFile(
    file,
    stringify({
      server: { port, readToken: READ_TOKEN, adminToken: ADMIN_TOKEN },
      registries: { ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN } },
      dataDir: join(folder, 'data'),
    }),
  )
  return { file, port }
}

test('the package has the compiled source, the Lua scripts and the documents, and nothing else', () => {
  const list = (path: string) =>
    readdirSync(join(root, path), { recursive: true, encoding: 'utf8' }).map((file) => `${path}/${file}`)
  const compiled = [...list('src'), ...list('workers')]
    .filter((file) => /\.(ts|lua)$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => `dist/${file.replace(/\.ts$/, '.js')}`)
  const expected = [
    ...['LICENSE', 'README.md', 'package.json', 'bin/tallyman.js', 'dist/tallyman.example.yaml'],
    ...list('docs').filter((file) => file.endsWith('.md')),
    'schema/tallyman.json',
    ...compiled,
    ...list('web/dist')
      .filter((file) => /\.(html|svg|js|css)(\.br|\.gz)?$/.test(file))
      .map((file) => file.replace('web/dist', 'dist/web')),
  ].map((file) => `package/${file}`)
  // The compiled source imports its own copy.
  expect(shipped.filter((file) => file !== 'package/dist/package.json').sort()).toEqual(expected.sort())
})

test('the example in the package names the schema in the package', () => {
  const [line = ''] = readFileSync(join(installed, 'dist/tallyman.example.yaml'), 'utf8').split('\n')
  const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)$/.exec(line) ?? []
  expect(JSON.parse(readFileSync(join(installed, 'dist', schema), 'utf8'))).toEqual(jsonSchemaOfConfig())
})

test('the installed command knows its version', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(await run(command, ['--version'], { env: outside })).toEqual({ stdout: `${version}\n`, stderr: '' })
})

test('the installed command checks a configuration', async () => {
  const { file } = await writeConfig()
  const { stdout, stderr } = await run(command, ['config', 'check', file], { env: outside })
  expect([stdout, stderr]).toEqual([expect.stringContaining(`${file} is right: registries 1`), ''])
})

test('without a configuration the installed command says how to get one', async () => {
  const started = run(command, ['start'], { env: { ...outside, TALLYMAN_CONFIG: 'mine.yaml' }, cwd: folder })
  await expect(started).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^.*\n.*no such file or directory. To get one: cp (\S+) mine.yaml\n/),
  })
  const { stderr } = await started.catch((error) => error)
  const [, example = ''] = / cp (\S+)/.exec(stderr) ?? []
  // Nothing is wrong with the example but its placeholders.
  await expect(
    run(command, ['config', 'check', example], { env: outside, cwd: folder }),
  ).rejects.toMatchObject({
    stderr: expect.stringMatching(
      /^(.*: expected a secret of your own, not a placeholder such as change-me(\. To make one: .*)?\n)+$/,
    ),
  })
})

test('the installed command starts the service, which stops in order', async () => {
  const { file, port } = await writeConfig()
  const service = await startProcess({
    command,
    args: ['start'],
    env: { ...outside, TALLYMAN_CONFIG: file },
    logFile: join(folder, 'service.log'),
    ready: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
    deathSignal: 'SIGTERM',
  })
  await service.stop()
  expect(service.child.exitCode).toBe(0)
  const lines = service.output().trimEnd().split('\n')
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ msg: 'stopped' })
})

test.runIf(process.platform === 'linux').each(['20.20.2', '22.23.3'])(
  'on Node %s the installed command says which Node it needs',
  async (version) => {
    const name = `node-linux-${process.arch}`
    const prefix = join(folder, version)
    await mkdir(prefix)
    await install('--prefix', prefix, `${name}@${version}`)
    const path = `${join(prefix, 'node_modules', name, 'bin')}:${process.env.PATH}`
    await expect(run(command, ['--help'], { env: { ...outside, PATH: path } })).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: `Tallyman needs Node 24 or later; this is Node ${version}\n`,
    })
  },
)
