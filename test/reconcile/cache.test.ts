import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { eventually } from '../../lab/tallyman.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import type { RegistryReader } from '../../src/reconcile/reading.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { makeFolderView } from '../../src/store/folder-view.ts'
import { image } from './filled-registry.ts'
import { makeReconcileBed } from './reconcile-bed.ts'

/** A pull-through cache of an upstream with the tags v1 to v5. Somebody has pulled v1 through the cache. */
const redisBed = useRedis()
let upstream: FaultyRegistry
let cache: LabRegistry
let client: RegistryClient
const images = ['v1', 'v2', 'v3', 'v4', 'v5'].map((tag) => ({ tag, content: image(tag) }))
const pulled = images[0]?.content ?? expect.unreachable('no image')
beforeAll(async () => {
  upstream = await startFaultyRegistry()
  const pushing = makeRegistryClient({ name: 'upstream', url: upstream.url })
  for (const { tag, content } of images) await pushImage(pushing, 'lib/app', tag, content)
  await pushing.close()
  cache = await startRegistry({ extra: `proxy: {remoteurl: ${upstream.url}}\n` })
  client = makeRegistryClient({ name: 'ci', url: cache.url })
  await client.getManifest('lib/app', 'v1')
  for (const [digest, { length }] of pulled.blobs) {
    const bytes = await buffer(await client.getBlob('lib/app', digest))
    if (bytes.length !== length) throw new Error('the blob was cut')
  }
  await eventually(listed, ({ length }) => length === 1)
}, 60_000)
afterAll(async () => {
  await client?.close()
  await cache?.close()
  await upstream?.close()
})

/** The digests of the manifests that the cache has stored. */
const cached = () =>
  readdirSync(join(cache.storage, 'docker/registry/v2/repositories'), { recursive: true, encoding: 'utf8' })
    .flatMap((path) => /revisions\/sha256\/([0-9a-f]{64})$/.exec(path)?.[1] ?? [])
    .map((hex) => `sha256:${hex}`)

/** The repositories that the cache lists. It stores a blob after it has answered. */
const listed = () => Array.fromAsync(client.catalog())

/** An index that has heard of the pull, and a count of what is asked of the upstream. */
async function setUp(reader: RegistryReader) {
  const bed = makeReconcileBed(redisBed.redis, reader)
  const { digest, size, mediaType } = pulled.root
  await bed.index.apply('ci/lib', [
    {
      kind: 'pull',
      repository: 'lib/app',
      at: Date.now() * 1000,
      digest,
      size,
      mediaType,
      tag: 'v1',
      id: '1',
    },
  ])
  upstream.reset()
  return bed
}

test.each([
  ['refuses pushes', false],
  ['is configured as a cache', true],
])('a registry that %s is not read over its API, and its upstream is left alone', async (_, isCache) => {
  const { run, manifests, confidence, ledger } = await setUp(makeApiReader({ client, isCache }))
  await ledger.noteGap('ci', { since: 1, reason: 'the registry was restarted', cause: 'a' }, 1)
  expect(await run()).toMatchObject({ method: 'events', repositories: 0, hold: null, failed: 0 })
  expect(upstream.requests).toEqual([])
  expect(cached()).toEqual([pulled.root.digest])
  expect(await manifests()).toBe(1)
  expect(await confidence()).toBe(
    'only what events tell: it is a pull-through cache, and nothing but its storage shows what it holds',
  )
  expect((await ledger.status('ci')).gaps).toHaveLength(1)
})

test('a cache without an index is recognised by what it lists', async () => {
  const reader = makeApiReader({ client })
  expect(await reader.answersForUpstream(undefined)).toBe(true)
})

test('over its storage a cache is read like any registry, and its upstream is left alone', async () => {
  const store = makeFolderView({ path: cache.storage })
  const { run, manifests, confidence } = await setUp(makeStorageReader({ store, place: 'the cache' }))
  expect(await run()).toMatchObject({ method: 'storage', repositories: 1, drift: { manifestsGone: 0 } })
  expect(upstream.requests).toEqual([])
  expect(await manifests()).toBe(1)
  expect(await confidence()).toMatch(/^exact since/)
})

test('another registry is asked without a trace', async () => {
  const registry = await startRegistry()
  const own = makeRegistryClient({ name: 'ci', url: registry.url })
  try {
    await pushImage(own, 'team/app', 'v1', pulled)
    const files = () => readdirSync(registry.storage, { recursive: true, encoding: 'utf8' }).sort()
    const before = files()
    const reader = makeApiReader({ client: own })
    for (const name of ['team/app', 'new', undefined])
      expect(await reader.answersForUpstream(name)).toBe(false)
    expect(files()).toEqual(before)
  } finally {
    await own.close()
    await registry.close()
  }
})

test('a registry where we may not push is no cache; one that does not answer is an error', async () => {
  const registry = await startFaultyRegistry()
  const own = makeRegistryClient({ name: 'ci', url: registry.url })
  const ask = () => makeApiReader({ client: own }).answersForUpstream('team/app')
  try {
    for (const status of [401, 403, 405]) {
      registry.onRequest(({ method }) => (method === 'PUT' ? status : undefined))
      expect(await ask()).toBe(false)
    }
    registry.onRequest(() => 'drop')
    await expect(ask()).rejects.toThrow('PUT manifest team/app')
  } finally {
    await own.close()
    await registry.close()
  }
})
