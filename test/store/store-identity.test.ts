import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { makeStoreIdentity, storeDoubt } from '../../src/store/store-identity.ts'

const bed = useRedis()
let folder: string
let store: ReturnType<typeof makeFolderStore>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-identity-'))
  store = makeFolderStore({ path: folder })
})
afterEach(() => rm(folder, { recursive: true }))
const identity = (secondLookMs = 10) =>
  makeStoreIdentity({ store, redis: bed.redis, prefix: 't', secondLookMs })

test('a store and a Redis that are new get to know each other, also if many processes look at once', async () => {
  const states = await Promise.all(Array.from({ length: 20 }, () => identity(1_000).state()))
  expect(states).toEqual(Array(20).fill('known'))
  expect(await identity().state()).toBe('known')
})

test('a Redis that lost its data takes the store that is there', async () => {
  await identity().state()
  const before = await store.get('identity.json')
  await bed.redis.flushall()
  expect(await identity().state()).toBe('known')
  expect(await store.get('identity.json')).toEqual(before)
})

test('a store that was lost is noticed until its backup is there, or a person accepts it', async () => {
  await identity().state()
  const backup = (await store.get('identity.json')) ?? Buffer.of()
  await store.delete('identity.json')
  expect(await identity().state()).toBe('lost')
  expect(storeDoubt('lost')).toContain('tallyman store accept')
  // Looking changes nothing.
  expect(await identity().state()).toBe('lost')
  await store.put('identity.json', backup)
  expect(await identity().state()).toBe('known')

  await store.delete('identity.json')
  await identity().accept()
  expect(await identity().state()).toBe('known')
  expect(await store.get('identity.json')).not.toEqual(backup)
})

test('a store that is lost right after Redis is noticed by whoever knew it', async () => {
  const knows = identity()
  await knows.state()
  const backup = (await store.get('identity.json')) ?? Buffer.of()
  await bed.redis.flushall()
  await store.delete('identity.json')
  expect(await knows.state()).toBe('lost')
  expect(await identity().state()).toBe('lost')
  await store.put('identity.json', backup)
  expect(await identity().state()).toBe('known')
})

test('another store is noticed; accepted, it is the known one, and the first is another', async () => {
  await identity().state()
  const first = (await store.get('identity.json')) ?? Buffer.of()
  const other = { id: '00000000-0000-4000-8000-000000000000', since: '2026-11-27T00:00:00Z' }
  for (const body of [JSON.stringify(other), 'damaged', '{"id":"x"}']) {
    await store.put('identity.json', body)
    expect(await identity().state()).toBe('another')
  }
  await store.put('identity.json', JSON.stringify(other))
  await identity().accept()
  expect(await identity().state()).toBe('known')
  await store.put('identity.json', first)
  expect(await identity().state()).toBe('another')
})

test('a store or a Redis that is away is no lost one', async () => {
  await identity().state()
  const away = { ...store, get: async () => Promise.reject(new Error('away')) }
  const looking = makeStoreIdentity({ store: away, redis: bed.redis, prefix: 't', secondLookMs: 10 })
  await expect(looking.state()).rejects.toThrow('away')
})

test('an older copy of the store is noticed if a change is missing in it, also by a process that Redis has left', async () => {
  const knows = identity()
  await knows.state()
  await knows.noteChange()
  const backup = (await store.get('identity.json')) ?? Buffer.of()
  // Restored while nothing has changed: it goes on.
  await store.put('identity.json', backup)
  expect(await identity().state()).toBe('known')

  await knows.noteChange()
  const newest = (await store.get('identity.json')) ?? Buffer.of()
  await store.put('identity.json', backup)
  expect(await identity().state()).toBe('older')
  expect(storeDoubt('older')).toContain('older copy')
  // A change does not hide it.
  await identity().noteChange()
  expect(await identity().state()).toBe('older')
  await bed.redis.flushall()
  expect(await knows.state()).toBe('older')
  await store.put('identity.json', newest)
  expect(await knows.state()).toBe('known')

  await knows.noteChange()
  await store.put('identity.json', backup)
  expect(await knows.state()).toBe('older')
  await knows.accept()
  expect(await knows.state()).toBe('known')
  expect(await identity().state()).toBe('known')
  await knows.noteChange()
  expect(await identity().state()).toBe('known')
})

test('a Redis that was restored from an older dump takes the newer store', async () => {
  const first = identity()
  await first.state()
  await first.noteChange()
  const dump = await bed.redis.get('t:store-changes')
  await first.noteChange()
  await bed.redis.set('t:store-changes', dump ?? '')
  expect(await identity().state()).toBe('known')
})

test('a store that cannot be written says so, and is no older one', async () => {
  await identity().state()
  const readOnly = { ...store, put: async () => Promise.reject(new Error('read-only')) }
  const looking = makeStoreIdentity({ store: readOnly, redis: bed.redis, prefix: 't', secondLookMs: 10 })
  await expect(looking.noteChange()).rejects.toThrow('read-only')
  expect(await looking.state()).toBe('known')
})
