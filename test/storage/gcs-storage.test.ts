import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGcs } from '../../lab/gcs.ts'
import { makeGcsStorage } from '../../src/storage/gcs-storage.ts'
import { registryStorageContract } from './contract.ts'
import { storageSurveyContract } from './survey-contract.ts'

const BUCKET = 'images'

describe('a registry in a bucket on a server that speaks the JSON API of Google', () => {
  let gcs: Awaited<ReturnType<typeof startGcs>>
  beforeAll(async () => {
    gcs = await startGcs(BUCKET)
  })
  afterAll(() => gcs?.close())

  async function open() {
    const rootDirectory = `/${randomUUID()}/a b/`
    return {
      storage: makeGcsStorage({ bucket: BUCKET, rootDirectory, endpoint: gcs.endpoint }),
      async put(key: string, bytes: Buffer) {
        gcs.put(rootDirectory.slice(1) + key, bytes)
      },
    }
  }

  registryStorageContract(open)
  storageSurveyContract(open)

  it('a bucket that is missing is no empty one', async () => {
    const storage = makeGcsStorage({ bucket: 'missing', rootDirectory: '', endpoint: gcs.endpoint })
    for (const act of [
      () => Array.fromAsync(storage.list('')),
      () => Array.fromAsync(storage.hidden()),
      () => storage.folders(''),
      () => storage.get('a'),
      () => storage.get('a', 10),
      () => storage.head('a'),
      () => storage.copy('a', 'b'),
      () => storage.delete(['a']),
    ])
      await expect(act(), String(act)).rejects.toThrow('The specified bucket does not exist')
  })

  it('copies a large object in as many calls as the server wants', async () => {
    const { storage, put } = await open()
    const bytes = randomBytes(3_500_000)
    await put('large', bytes)
    const before = gcs.requests.length
    expect(await storage.copy('large', 'copy')).toBe(true)
    const calls = gcs.requests.slice(before)
    expect(calls).toHaveLength(4)
    for (const call of calls) expect(call).toMatch(/^POST .*\/rewriteTo\//)
    expect((await storage.get('copy'))?.equals(bytes)).toBe(true)
  })

  it('reads a small object in one request, also an empty one', async () => {
    const { storage, put } = await open()
    await put('link', Buffer.from('sha256:ab'))
    await put('empty', Buffer.alloc(0))
    const before = gcs.requests.length
    expect((await storage.get('link', 1024))?.toString()).toBe('sha256:ab')
    expect(gcs.requests.length - before).toBe(1)
    expect((await storage.get('empty', 1024))?.length).toBe(0)
  })

  it('shows old versions, and objects that were deleted softly', async () => {
    const { storage, put } = await open()
    gcs.settings.versioning = true
    try {
      await put('twice', Buffer.from('old one'))
      await put('twice', Buffer.from('new'))
      await put('gone', Buffer.from('deleted'))
      await storage.delete(['gone'])
    } finally {
      gcs.settings.versioning = false
    }
    gcs.settings.softDelete = true
    try {
      await put('soft', Buffer.from('softly'))
      await storage.delete(['soft'])
      const hidden = await Array.fromAsync(storage.hidden())
      expect(hidden.map(({ kind, key, size }) => ({ kind, key, size }))).toEqual([
        { kind: 'version', key: 'gone', size: 7 },
        { kind: 'version', key: 'twice', size: 7 },
        { kind: 'deleted', key: 'soft', size: 6 },
      ])
    } finally {
      gcs.settings.softDelete = false
    }
    expect((await Array.fromAsync(storage.list(''))).map(({ key }) => key)).toEqual(['twice'])
  })
})
