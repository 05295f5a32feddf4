import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeBrokenRecords } from '../../src/integrity/broken-records.ts'
import type { Damage } from '../../src/integrity/damage.ts'
import { makeRecheck } from '../../src/integrity/recheck.ts'
import { makeRepair } from '../../src/integrity/repair.ts'
import { makeWatchBroken } from '../../src/integrity/watch-broken.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

/** A repair of images that somebody has made whole in another way. */
const bed = useRedis()
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

const image = makeImage({ layers: [{ seed: 'back again', bytes: 3_000 }], label: 'x' })
const [layer = ''] = [...image.blobs.keys()]

/** Two images that lack the same layer, as far as is known. */
async function setUp(of: Partial<Damage>) {
  const records = makeBrokenRecords({ redis: bed.redis, prefix: 't' })
  const alerts: string[] = []
  const watch = makeWatchBroken({
    records,
    noteBroken: async () => {},
    projectIdOf: ({ registry, repository }) => `${registry}/${repository}`,
    mayBeSparse: () => false,
    findCopies: async () => [],
    announce: async ({ event }) => alerts.push(event),
    now: Date.now,
  })
  const damage: Damage = { digest: layer, part: 'layer', fault: 'missing', size: 3_000, ...of }
  for (const repository of ['a/x', 'b/y']) {
    await pushImage(client, repository, 'v1', image)
    await watch.write(
      'ci',
      {
        ...{ repository, digest: image.root.digest, tags: ['v1'], tagCount: 1 },
        ...{ damages: [damage], damageCount: 1 },
      },
      undefined,
    )
  }
  await watch.tell('ci', new Date().toISOString())
  const repair = makeRepair({
    clientOf: () => client,
    find: records.find,
    findCopies: async () => [],
    mountFrom: () => async () => [],
    trashed: async () => undefined,
    stopped: new AbortController().signal,
    onRepaired: makeRecheck({ clientOf: () => client, records, watch, now: Date.now }),
  })
  const job = { kind: 'repair', registry: 'ci', project: 'ci/a/x', repository: 'a/x', by: 'x' } as const
  return {
    alerts,
    repair: (dryRun = false) => repair({ ...job, digest: image.root.digest, dryRun }),
    listed: async () => (await records.all('ci')).map(({ repository }) => repository).toSorted(),
  }
}

test.for<[string, Partial<Damage>]>([
  ['that a reconcile found', {}],
  ['whose wrong bytes a scrub read', { fault: 'corrupt', at: 'http://ci' }],
])(
  'an image %s and that is whole by now is taken off the list, with all that lacked the same',
  async ([, damage]) => {
    const { repair, listed, alerts } = await setUp(damage)
    expect(await repair(true)).toMatchObject({ isWhole: true, contents: [] })
    // A dry run changes nothing.
    expect(await listed()).toEqual(['a/x', 'b/y'])
    expect(await repair()).toMatchObject({ isWhole: true, contents: [] })
    expect(await listed()).toEqual([])
    expect(alerts).toEqual(['images.broken', 'images.whole'])
  },
)

test('what is wrong in front of the registry stays on the list: a repair does not look there', async () => {
  const { repair, listed } = await setUp({ fault: 'corrupt', at: 'http://front', isInFront: true })
  expect(await repair()).toMatchObject({ isWhole: true })
  expect(await listed()).toEqual(['a/x', 'b/y'])
})
