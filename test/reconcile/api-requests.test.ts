import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { makeIndex } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { image } from './filled-registry.ts'
import { makeReconcileBed } from './reconcile-bed.ts'

const redisBed = useRedis()
let registry: FaultyRegistry
let client: RegistryClient
beforeAll(async () => {
  registry = await startFaultyRegistry()
  client = makeRegistryClient({ name: 'ci', url: registry.url })
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

/** The manifests that were fetched since the last call, by what the request names them. */
function fetched(): string[] {
  const all = registry.requests.flatMap((one) => /^GET .*\/manifests\/(.*)$/.exec(one)?.[1] ?? [])
  registry.reset()
  return all.sort()
}

test('a manifest is fetched only if the index does not have all of it', async () => {
  const [one, two, three, late] = [image('one'), image('two'), image('three'), image('late')]
  const multi = makeIndex([
    { image: one, architecture: 'amd64' },
    { image: two, architecture: 'arm64' },
  ])
  await pushImage(client, 'team/app', 'multi', multi)
  for (const tag of ['v3', 'latest']) await pushImage(client, 'team/app', tag, three)
  registry.reset()
  const { run, index, manifests } = makeReconcileBed(redisBed.redis, makeApiReader({ client }))
  const digests = (...images: { root: { digest: string } }[]) => images.map(({ root }) => root.digest).sort()

  expect(await run()).toMatchObject({ drift: { manifestsMissed: 4, tagsMissed: 3 } })
  expect(fetched()).toEqual(digests(multi, one, two, three))

  expect(await run()).toMatchObject({ drift: { manifestsMissed: 0, manifestsGone: 0, tagsMissed: 0 } })
  expect(fetched()).toEqual([])

  // A tag that moves between known manifests, a manifest that is gone, and a new one.
  const moved = one.manifests.get(one.root.digest) ?? expect.unreachable('no manifest')
  await client.deleteManifest('team/app', three.root.digest)
  await client.putManifest('team/app', 'latest', moved.bytes, moved.mediaType)
  await pushImage(client, 'team/app', 'v4', late)
  registry.reset()
  expect(await run()).toMatchObject({
    drift: { manifestsMissed: 1, manifestsGone: 1, tagsMissed: 1, tagsMoved: 1 },
    unreadable: 0,
  })
  expect(fetched()).toEqual(digests(late))
  expect((await index.tag('ci/team', 'team/app', 'latest'))?.digestKey).toBe(one.root.digest.slice(7, 39))
  expect(await manifests()).toBe(4)

  // The index of the registry's index lacks a child: only the index's manifest names it.
  const at = Date.now() * 1000
  await index.apply('ci/team', [{ kind: 'delete', repository: 'team/app', at, digest: two.root.digest }])
  expect(await run()).toMatchObject({ drift: { manifestsMissed: 1 } })
  expect(fetched()).toEqual(digests(multi, two))
  expect(await manifests()).toBe(4)
})
