import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LabImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { expiring } from '../../lab/rules.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { planExpiry } from '../../src/expiry/plan.ts'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { makeFolderView } from '../../src/store/folder-view.ts'
import { ageOfTag } from '../../src/usage/age-of-tag.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { builtAt } from '../reconcile/dated-image.ts'
import { makeReconcileBed } from '../reconcile/reconcile-bed.ts'

/** The first days of Tallyman at a registry that is older than it. */
const redisBed = useRedis()
let registry: LabRegistry
let client: RegistryClient
beforeAll(async () => {
  registry = await startRegistry()
  client = makeRegistryClient({ name: 'ci', url: registry.url })
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

const DAY_MS = 86_400_000
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString()
let repositories = 0

function setUp(method: 'api' | 'storage' = 'api') {
  const repository = `first/day-${repositories++}`
  const only = {
    ...client,
    async *catalog() {
      yield repository
    },
  }
  const reader =
    method === 'api'
      ? makeApiReader({ client: only })
      : makeStorageReader({ store: makeFolderView({ path: registry.storage }), place: registry.storage })
  const bed = makeReconcileBed(redisBed.redis, reader)
  const images = () => bed.index.images('ci/first', repository)
  return {
    ...{ ...bed, repository, images },
    push: (tag: string, image: LabImage) => pushImage(client, repository, tag, image),
    /** Since when the tag names its image, in whole days, and what tells that. */
    async age(tag: string): Promise<[number, string]> {
      const image = (await images()).find(({ tags }) => tags.some(({ name }) => name === tag))
      const found = image?.tags.find(({ name }) => name === tag)
      if (image === undefined || found === undefined) throw new Error(`no tag ${tag}`)
      const { at, source } = ageOfTag(image, found)
      return [Math.floor((Date.now() * 1000 - at) / DAY_MS / 1000), source]
    },
    /** The tags that a rule would delete. */
    async deleted(rule: Parameters<typeof expiring>[0]): Promise<string[]> {
      const policy = { name: 'p', registry: 'ci', repository: '**', rules: expiring({ tag: '*', ...rule }) }
      const plan = planExpiry(policy, 'ci/first', await images(), Date.now() * 1000)
      return plan.flatMap(({ verdict, tags }) => (verdict === 'delete' ? tags : [])).sort()
    },
  }
}

test('of six images that one reconcile finds, the newest stay by the time of their builds', async () => {
  const { run, push, deleted, age } = setUp()
  for (const n of [3, 6, 1, 5, 2, 4]) await push(`v${n}`, builtAt(daysAgo(10 * n)))
  await run()
  expect(await age('v5')).toEqual([50, 'image'])
  expect(await deleted({ keepNewest: 2 })).toEqual(['v3', 'v4', 'v5', 'v6'])
  expect(await deleted({ olderThan: 35 * DAY_MS })).toEqual(['v4', 'v5', 'v6'])
  // Nobody knows who pulled them before.
  expect(await deleted({ notUsedFor: DAY_MS })).toEqual([])
})

test('of six images whose builds tell no time, none is deleted by its order or age', async () => {
  const { run, push, deleted, age } = setUp()
  for (const n of [1, 2, 3, 4, 5, 6]) await push(`v${n}`, builtAt('1970-01-01T00:00:00Z', `${n}`))
  await run()
  expect(await age('v1')).toEqual([0, 'seen'])
  for (const rule of [{ keepNewest: 2 }, { olderThan: DAY_MS }, { notUsedFor: DAY_MS }])
    expect(await deleted(rule)).toEqual([])
})

test('a fresh tag on an old image is as young as it is', async () => {
  const { run, push, deleted, age } = setUp()
  const old = builtAt(daysAgo(100))
  await push('old', old)
  await run()
  await push('fresh', old)
  await run()
  expect(await age('old')).toEqual([100, 'image'])
  expect(await age('fresh')).toEqual([0, 'seen'])
  expect(await deleted({ olderThan: 30 * DAY_MS })).toEqual([])
})

test('a push that is told after the reconcile gives the age, and a moved tag its new one', async () => {
  const { run, push, index, repository, age } = setUp()
  const [first, second] = [builtAt(daysAgo(100)), builtAt(daysAgo(90))]
  const event = ({ root }: LabImage, days: number): Fact => ({
    ...{ kind: 'push', repository, at: (Date.now() - days * DAY_MS) * 1000, tag: 'v1', ...root },
    references: [],
  })
  await push('v1', first)
  await run()
  await index.apply('ci/first', [event(first, 3)])
  expect(await age('v1')).toEqual([3, 'event'])
  // It stays so, whatever later reconciles read.
  await run()
  expect(await age('v1')).toEqual([3, 'event'])
  await push('v1', second)
  await run()
  expect(await age('v1')).toEqual([0, 'seen'])
})

test('an old build whose push was lost is as young as its push', async () => {
  const { run, push, deleted, age } = setUp()
  await push('v1', builtAt(daysAgo(50)))
  await run()
  await push('v2', builtAt(daysAgo(100)))
  await run()
  expect(await age('v1')).toEqual([50, 'image'])
  expect(await age('v2')).toEqual([0, 'seen'])
  for (const rule of [{ keepNewest: 1 }, { olderThan: 60 * DAY_MS }]) expect(await deleted(rule)).toEqual([])
})

test('a tag that was moved, and whose event was lost, has not the age of its image', async () => {
  const { run, push, index, repository, deleted, age } = setUp()
  const [told, moved] = [builtAt(daysAgo(100)), builtAt(daysAgo(90))]
  const at = (Date.now() - 5 * DAY_MS) * 1000
  await index.apply('ci/first', [{ kind: 'push', repository, at, tag: 'v1', references: [], ...told.root }])
  await push('v1', moved)
  await run()
  expect(await age('v1')).toEqual([0, 'seen'])
  expect(await deleted({ olderThan: 30 * DAY_MS })).toEqual([])
})

test('an event is never replaced by the time of the storage, and that time not by a younger one', async () => {
  const { run, push, index, repository, images } = setUp('storage')
  const [told, silent] = [builtAt(daysAgo(100)), builtAt(daysAgo(90))]
  const at = (Date.now() - 5 * DAY_MS) * 1000
  await push('told', told)
  await push('silent', silent)
  await index.apply('ci/first', [{ kind: 'push', repository, at, tag: 'told', references: [], ...told.root }])
  const agesOf = async () => (await images()).map(({ digest, age, tags }) => ({ digest, age, tags }))
  await run()
  const ages = await agesOf()
  expect(ages.map(({ age }) => age.source).sort()).toEqual(['event', 'storage'])
  expect(ages.find(({ digest }) => digest === told.root.digest)?.age.at).toBeLessThanOrEqual(at + 1)
  // The registry writes both links anew.
  await push('silent', silent)
  await run()
  expect(await agesOf()).toEqual(ages)
})

describe('after Redis was lost', () => {
  test('what was pushed meanwhile is not as old as its build', async () => {
    const { run, push, deleted, age } = setUp()
    await push('old', builtAt(daysAgo(50)))
    await run()
    await push('fresh', builtAt(daysAgo(100)))
    await redisBed.redis.flushdb()
    await run()
    expect(await age('old')).toEqual([0, 'seen'])
    expect(await age('fresh')).toEqual([0, 'seen'])
    expect(await deleted({ olderThan: 30 * DAY_MS })).toEqual([])
  })
})

test('an image whose deletion is told late is not as old as its build', async () => {
  const { run, push, index, repository, age } = setUp()
  const image = builtAt(daysAgo(100))
  await push('v1', image)
  await run()
  // It was pushed again after that, and this event was lost.
  const at = (Date.now() - DAY_MS) * 1000
  await index.apply('ci/first', [{ kind: 'delete', repository, at, digest: image.root.digest }])
  expect(await age('v1')).toEqual([0, 'seen'])
  await run()
  expect(await age('v1')).toEqual([0, 'seen'])
})

test('an image that was only pulled before the first run has the age of its build once that is read', async () => {
  const { run, push, index, repository, age } = setUp()
  const image = builtAt(daysAgo(100))
  await push('v1', image)
  const at = (Date.now() - DAY_MS) * 1000
  const pull: Fact = { kind: 'pull', id: 'p', repository, at, ...image.root }
  await index.apply('ci/first', [pull])
  await run()
  expect(await age('v1')).toEqual([100, 'image'])
})
