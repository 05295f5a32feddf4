import fc from 'fast-check'
import { beforeEach, expect, test, vi } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import { anyHistory } from '../../lab/facts.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'
import { fromIndex, fromModel } from './index-and-model.ts'

const bed = useRedis()
let index: UsageIndex
beforeEach(() => {
  index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
})

const T = 1_795_449_746_000_000
const digest = (name: string, n: number) =>
  `sha256:${Buffer.from(`${name}${n}`.padEnd(32, '.')).toString('hex')}`

function push(repository: string, n: number, blobs: number, more: object = {}): Fact {
  return {
    ...{ kind: 'push', repository, at: T, digest: digest(`m-${repository}`, n), size: 500 },
    ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', extent: 'all' },
    references: Array.from({ length: blobs }, (_, i) => ({
      kind: 'blob',
      digest: digest(`b-${repository}-${n}`, i),
      size: 7,
    })),
    ...more,
  } as Fact
}
const drop = (repository: string, at = T + 1): Fact => ({ kind: 'drop', repository, at })

/** The most commands that one call of a script makes while `work` runs. */
async function largestCall(work: () => Promise<unknown>): Promise<number> {
  const commands = async () => {
    const stats = await bed.redis.info('commandstats')
    return [...stats.matchAll(/calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
  }
  let largest = 0
  const send = bed.redis.callBuffer.bind(bed.redis)
  const spy = vi.spyOn(bed.redis, 'callBuffer').mockImplementation(async (...args: unknown[]) => {
    const before = await commands()
    const reply = await Reflect.apply(send, bed.redis, args)
    largest = Math.max(largest, (await commands()) - before)
    return reply
  })
  try {
    await work()
  } finally {
    spy.mockRestore()
  }
  return largest
}

/** A call that does no more than its limits makes at most some ten commands for each piece of work. */
const FEW_COMMANDS = 3_000

test('facts that do not fit one call are applied in more, and the index is what the model says', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      anyHistory,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      async ({ facts, deliveries }, work, claims) => {
        const [project, other] = [`ci/p${run++}`, `ci/p${run++}`]
        const small = makeUsageIndex({ redis: bed.redis, prefix: 't', limits: { work, claims } })
        for (const batch of deliveries)
          await small.applyAll(
            new Map([
              [project, batch],
              [other, batch],
            ]),
          )
        expect(await fromIndex(small, project)).toEqual(fromModel(facts))
        expect(await fromIndex(small, other)).toEqual(fromModel(facts))
        expect(await bed.redis.exists(`t:{${project}}:pending`)).toBe(0)
      },
    ),
    { numRuns: 500 },
  )
})

test('two workers and a drop at once end in the index that the model defines', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(anyHistory, async ({ facts, deliveries }) => {
      const project = `race/p${run++}`
      const small = makeUsageIndex({ redis: bed.redis, prefix: 't', limits: { work: 2, claims: 2 } })
      await Promise.all(deliveries.map((batch) => small.apply(project, batch)))
      expect(await fromIndex(small, project)).toEqual(fromModel(facts))
    }),
    { numRuns: 200 },
  )
})

test('the drop of a repository costs that repository, in small calls', async () => {
  const big = Array.from({ length: 3_000 }, (_, n) => push('big', n, 3))
  await index.applyAll(new Map([['ci/app', big]]))
  await index.apply('ci/app', [push('small', 0, 2), push('empty', 0, 1)])
  await index.apply('ci/app', [drop('empty')])
  expect(await largestCall(() => index.apply('ci/app', [drop('small')]))).toBeLessThan(120)
  // 30 repositories that hold nothing, as the restore of a snapshot drops them.
  const drops = Array.from({ length: 30 }, (_, n) => drop(`none-${n}`))
  expect(await largestCall(() => index.apply('ci/app', drops))).toBeLessThan(600)
  expect(await largestCall(() => index.apply('ci/app', [drop('big')]))).toBeLessThan(FEW_COMMANDS)
  expect(await index.usage('ci/app')).toMatchObject({
    ...{ uniqueBytes: 0, referencedBytes: 0, manifests: 0, repositories: 0 },
  })
  expect(await index.registryBytes('ci')).toBe(0)
})

test('a drop that was killed is honoured at once, and the next call finishes it', async () => {
  await index.apply('ci/app', [push('big', 0, 3, { tag: 'v1' }), push('big', 1, 3)])
  const send = bed.redis.callBuffer.bind(bed.redis)
  const killed = vi.spyOn(bed.redis, 'callBuffer')
  let calls = 0
  killed.mockImplementation(async (...args: unknown[]) => {
    if (++calls > 1) throw new Error('killed')
    return await Reflect.apply(send, bed.redis, args)
  })
  await expect(index.apply('ci/app', [drop('big')])).rejects.toThrow('killed')
  killed.mockRestore()
  expect(await bed.redis.hlen('t:{ci/app}:pending')).toBe(1)
  expect(await allImages(index, 'ci/app')).toEqual([])
  const facts = await Array.fromAsync(index.facts('ci/app'))
  expect(facts.filter(({ kind }) => kind !== 'drop' && kind !== 'present')).toEqual([])
  // A push after the drop stays, whatever is still to be removed.
  await index.apply('ci/app', [push('big', 1, 3, { at: T + 2 })])
  expect(await allImages(index, 'ci/app')).toMatchObject([{ age: { at: T + 2 }, tags: [] }])
  expect(await index.usage('ci/app')).toMatchObject({ uniqueBytes: 521, manifests: 1, tags: 0 })
})

test('a manifest with 30,000 references comes and goes in small calls', async () => {
  const manifest = push('app', 0, 30_000)
  expect(await largestCall(() => index.apply('ci/app', [manifest]))).toBeLessThan(FEW_COMMANDS)
  expect(await index.usage('ci/app')).toMatchObject({ uniqueBytes: 500 + 210_000, unresolved: 0 })
  expect(await index.registryBytes('ci')).toBe(210_500)
  const pull = { ...manifest, kind: 'pull', id: 'e1' } as Fact
  expect(await largestCall(() => index.apply('ci/app', [pull]))).toBeLessThan(60)
  const gone: Fact = { kind: 'delete', repository: 'app', at: T + 9e6, digest: digest('m-app', 0) }
  expect(await largestCall(() => index.apply('ci/app', [gone]))).toBeLessThan(FEW_COMMANDS)
  expect([(await index.usage('ci/app'))?.uniqueBytes, await index.registryBytes('ci')]).toEqual([0, 0])
  expect(await bed.redis.exists('t:{ci/app}:manifests', 't:{ci/app}:pending')).toBe(0)
})

test('reading a repository costs that repository', async () => {
  const big = Array.from({ length: 2_000 }, (_, n) => push('big', n, 2))
  await index.applyAll(new Map([['ci/app', [...big, push('small', 0, 2, { tag: 'v1' })]]]))
  const read = async () => {
    expect(await index.images('ci/app', 'small')).toHaveLength(1)
    expect(await index.tags('ci/app', 'small', { limit: 10 })).toHaveLength(1)
    expect(await index.reclaimable('ci/app', { repository: 'small' })).toMatchObject({ bytes: 514 })
    await Array.fromAsync(index.facts('ci/app', 'small'))
  }
  expect(await largestCall(read)).toBeLessThan(30)
  expect(await index.images('ci/app', 'big')).toHaveLength(2_000)
})

test('a manifest may have thousands of tags', async () => {
  const tags = Array.from({ length: 4_000 }, (_, n) => push('app', 0, 1, { tag: `build-${n}` }))
  await index.applyAll(new Map([['ci/app', tags]]))
  expect(await index.usage('ci/app')).toMatchObject({ manifests: 1, tags: 4_000 })
  const names = (await index.tags('ci/app', 'app', { after: 'build-3998', limit: 2 })).map(({ tag }) => tag)
  expect(names).toEqual(['build-3999', 'build-4'])
  await index.apply('ci/app', [{ kind: 'untag', repository: 'app', at: T + 1, tag: 'build-7' }])
  await index.apply('ci/app', [push('app', 0, 1, { tag: 'build-8', at: T + 1 })])
  expect(await index.usage('ci/app')).toMatchObject({ tags: 3_999 })
  await index.apply('ci/app', [drop('app', T + 2)])
  expect(await index.usage('ci/app')).toMatchObject({ manifests: 0, tags: 0, uniqueBytes: 0 })
})
