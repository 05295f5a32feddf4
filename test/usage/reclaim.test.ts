import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import { anyHistory } from '../../lab/facts.ts'
import { digestOf } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { modelOf, registryModelOf } from '../../src/usage/model.ts'
import type { SharedHoldings } from '../../src/usage/read-reclaim.ts'
import type { ImageId } from '../../src/usage/reclaim.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

const DELETED_AT = 2_000_000_000_000_000
const deleteOf = ({ repository, digest }: ImageId): Fact => ({
  ...{ kind: 'delete', repository, digest, at: DELETED_AT },
})
const digest = (name: string) => digestOf(Buffer.from(name))

function push(repository: string, name: string, blobs: Record<string, number>): Fact {
  return {
    ...{ kind: 'push', repository, at: 1_795_449_746_000_000, digest: digest(name), size: 500 },
    ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', extent: 'all' },
    references: Object.entries(blobs).map(([blob, size]) => ({ kind: 'blob', digest: digest(blob), size })),
  } as Fact
}

async function bytesIn(index: UsageIndex, project: string) {
  const usage = await index.usage(project)
  const registryBytes = await index.registryBytes(project.split('/')[0] ?? '')
  return { uniqueBytes: usage?.uniqueBytes ?? 0, registryBytes }
}

/** Deletes the images in the index, and gives by how many bytes it counts less. */
async function deleteIn(index: UsageIndex, project: string, images: readonly ImageId[]) {
  const before = await bytesIn(index, project)
  await index.apply(project, images.map(deleteOf))
  const after = await bytesIn(index, project)
  return {
    uniqueBytes: before.uniqueBytes - after.uniqueBytes,
    registryBytes: before.registryBytes - after.registryBytes,
  }
}

test('each image frees what the index counts less after its deletion, whatever sizes were told', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyHistory, { minLength: 1, maxLength: 3 }),
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 3 }),
      async (histories, numbers, atATime) => {
        const registry = `r${run++}`
        const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
        const projects = histories.map((_, i) => `${registry}/p${i}`)
        for (const [i, { facts }] of histories.entries()) await index.apply(projects[i] ?? '', facts)
        const shared: SharedHoldings = new Map()
        for (const project of projects) {
          const images = (await allImages(index, project)).filter(() => (numbers.next().value ?? 0) % 3 > 0)
          images.sort(() => ((numbers.next().value ?? 0) % 2) - 0.5)
          const reclaim = index.reclaim(project, shared)
          // Repositories are read one after the other, also while images of others are gone already.
          for (let from = 0; from < images.length; from += atATime) {
            const group = images.slice(from, from + atATime)
            await reclaim.load(group)
            expect(reclaim.take(group)).toEqual(await deleteIn(index, project, group))
          }
        }
      },
    ),
    { numRuns: 200 },
  )
})

test('what is freed is the difference of the model, and putting back is the reverse', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      anyHistory,
      anyHistory,
      fc.infiniteStream(fc.boolean()),
      async (mine, theirs, choices) => {
        const registry = `m${run++}`
        const [project, other] = [`${registry}/mine`, `${registry}/theirs`]
        const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
        await index.apply(project, mine.facts)
        await index.apply(other, theirs.facts)
        const modelBytes = (facts: readonly Fact[]) => {
          const [own, others] = [modelOf(facts), modelOf(theirs.facts)]
          const { total } = registryModelOf([own.held, others.held])
          return { uniqueBytes: own.counters.unique, registryBytes: total }
        }
        const images = await allImages(index, project)
        const reclaim = index.reclaim(project)
        await reclaim.load(images)
        const gone = images.filter(() => choices.next().value)
        const [all, before] = [reclaim.take(gone), modelBytes(mine.facts)]
        const after = modelBytes([...mine.facts, ...gone.map(deleteOf)])
        expect(all).toEqual({
          uniqueBytes: before.uniqueBytes - after.uniqueBytes,
          registryBytes: before.registryBytes - after.registryBytes,
        })
        const back = gone.toReversed().map((image) => reclaim.putBack([image]))
        const sum = (key: keyof typeof all) => back.reduce((total, freed) => total + freed[key], 0)
        expect(sum('uniqueBytes') + all.uniqueBytes).toBe(0)
        expect(sum('registryBytes') + all.registryBytes).toBe(0)
        expect(reclaim.take(gone)).toEqual(all)
      },
    ),
    { numRuns: 100 },
  )
})

test('a manifest in two repositories, and a layer of two images, go with the last one', async () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const facts = [
    push('app', 'a', { base: 1000, a1: 10 }),
    push('copy', 'a', { base: 1000, a1: 10 }),
    push('app', 'b', { base: 1000, b1: 20 }),
  ]
  await index.apply('ci/app', facts)
  const reclaim = index.reclaim('ci/app')
  const [a, copy, b] = [
    { repository: 'app', digest: digest('a') },
    { repository: 'copy', digest: digest('a') },
    { repository: 'app', digest: digest('b') },
  ]
  await reclaim.load([a, copy, b])
  const unique = (image: ImageId) => reclaim.take([image]).uniqueBytes
  expect([a, copy, b].map(unique)).toEqual([0, 510, 1520])
  expect(reclaim.take([a, b])).toEqual({ uniqueBytes: 0, registryBytes: 0 })
  expect(reclaim.take([{ repository: 'nowhere', digest: digest('a') }]).uniqueBytes).toBe(0)
})

test.each([3, 30])(
  'a layer that %i projects share is freed by the last one that gives it up',
  async (count) => {
    const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
    const projects = Array.from({ length: count }, (_, n) => `ci/p${n}`)
    // One states another size, and one has measured it.
    const sizeIn = (n: number) => (n === 1 ? 7 : 1000)
    for (const [n, project] of projects.entries())
      await index.apply(project, [push('app', `image ${n}`, { layer: sizeIn(n) })])
    await index.apply('ci/p2', [
      { kind: 'link', repository: 'app', at: 1_795_449_746_000_000, digest: digest('layer'), size: 900 },
    ])
    const shared: SharedHoldings = new Map()
    const inRegistry: number[] = []
    for (const [n, project] of projects.entries()) {
      const images = [{ repository: 'app', digest: digest(`image ${n}`) }]
      const reclaim = index.reclaim(project, shared)
      await reclaim.load(images)
      const freed = reclaim.take(images)
      inRegistry.push(freed.registryBytes)
      expect(freed.uniqueBytes).toBe(500 + (n === 2 ? 900 : sizeIn(n)))
    }
    expect(inRegistry.reduce((sum, bytes) => sum + bytes)).toBe(await index.registryBytes('ci'))
    expect(inRegistry[0]).toBe(500)
    expect(inRegistry.at(-1)).toBe(count === 3 ? 1400 : 1500)
  },
)
