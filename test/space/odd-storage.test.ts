import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { surveyStorage } from '../../src/space/survey-storage.ts'
import { makeSurveys } from '../../src/space/surveys.ts'
import { makeFolderStorage } from '../../src/storage/folder-storage.ts'
import { blobKey, layerLink, revisionKey } from '../../src/storage/layout.ts'

let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'tallyman-odd-'))
})
afterEach(() => rm(path, { recursive: true, force: true }))

async function put(key: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(path, key)), { recursive: true })
  await writeFile(join(path, key), content)
}
const survey = () => surveyStorage(makeFolderStorage({ path }), { projectOf: (repository) => repository })

const SHA512 = `sha512:${'a'.repeat(128)}`

it.each([
  ['of 10 MB', Buffer.alloc(10_000_000, 'x')],
  ['with CRLF', `${digestOf(Buffer.from('{}'))}\r\n`],
  ['that is no digest', '../../etc/passwd'],
  ['without content', ''],
])('a link %s makes its manifest unreadable, and hides nothing else', async (_, content) => {
  await put(revisionKey('team/app', SHA512), content)
  const garbage = Buffer.from('garbage')
  await put(blobKey(digestOf(garbage)), garbage)
  const { unreadable, candidates } = await survey()
  expect(unreadable).toEqual([SHA512])
  expect(candidates).toMatchObject([{ digest: digestOf(garbage) }])
})

it('a manifest that is larger than one can be is unreadable, and stays', async () => {
  const large = Buffer.alloc(20_000_000, ' ')
  await put(blobKey(digestOf(large)), large)
  await put(revisionKey('team/app', digestOf(large)), digestOf(large))
  const { unreadable, candidates, parts } = await survey()
  expect(unreadable).toEqual([digestOf(large)])
  expect(candidates).toEqual([])
  expect(parts.referenced).toEqual({ objects: 1, bytes: 20_000_000 })
})

it('a link to a layer may hold anything: its name tells the blob', async () => {
  const layer = Buffer.from('layer')
  await put(blobKey(digestOf(layer)), layer)
  await put(layerLink('team/app', digestOf(layer)), Buffer.alloc(10_000_000))
  const { candidates, unreadable } = await survey()
  expect(unreadable).toEqual([])
  expect(candidates).toMatchObject([{ digest: digestOf(layer), project: 'team/app' }])
})

it('a report that is cut off is none, and the next survey writes it anew', async () => {
  const objects = new Map<string, Buffer>([['storage-reports/ci.json', Buffer.from('{"registry": "c')]])
  const surveys = makeSurveys({
    store: {
      get: async (key) => objects.get(key),
      put: async (key, body) => void objects.set(key, Buffer.from(String(body))),
    },
    storageOf: () => makeFolderStorage({ path }),
    projectIdOf: ({ repository }) => repository,
    trashMsOf: () => 0,
    ...{ isCollecting: async () => false, maySegmentsGo: () => false },
    now: Date.now,
  })
  expect(await surveys.last('ci')).toBeUndefined()
  const { report } = await surveys.survey('ci')
  expect(await surveys.last('ci')).toEqual(report)
})
