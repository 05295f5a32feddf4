import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { addedBy, type Push } from '../../src/history/growth.ts'
import { imageOf, makeReadGrowth } from '../../src/history/read-growth.ts'
import type { Fact, Reference } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

const digest = (n: number) => `sha256:${n.toString(16).padStart(4, '0').repeat(16)}`
const blob = (n: number, size = 1000): Reference => ({ kind: 'blob', digest: digest(n), size })
/** A push of manifest `n`, 10 bytes. */
const push = (
  n: number,
  references: Reference[],
  more: { tag?: string; actor?: string; at?: number } = {},
): Fact => ({
  kind: 'push',
  ...{ repository: 'team/app', at: n, digest: digest(n), size: 10, references, extent: 'all' },
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  ...more,
})
const PROJECT = 'ci/team/app'

const setUp = () => {
  const index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
  const readGrowth = makeReadGrowth({ redis: bed.redis, prefix: 't' })
  const growth = async (since = 0) =>
    (await readGrowth(PROJECT, since)).added.map(({ push, bytes }) => [imageOf(push), push.by, bytes])
  return { index, readGrowth, growth }
}

describe('growth', () => {
  test('names the pushes that added most, with who pushed them; what was there before added nothing', async () => {
    const { index, growth } = setUp()
    await index.apply(PROJECT, [push(1, [blob(101)], { tag: 'old' })])
    const [seconds = 0, micros = 0] = await bed.redis.time()
    const since = seconds * 1000 + Math.floor(micros / 1000) + 1
    await new Promise((resolve) => setTimeout(resolve, 5))
    await index.apply(PROJECT, [
      push(2, [blob(101), blob(102, 50)], { tag: 'small', actor: 'alice' }),
      push(3, [blob(101), blob(103, 7000)], { tag: 'large', actor: 'bob' }),
      push(4, [blob(103, 7000), blob(104, 300)]),
      // The old image again: it adds nothing.
      push(1, [blob(101)], { tag: 'again', at: 50 }),
    ])
    expect(await growth(since)).toEqual([
      ['team/app:large', 'bob', 7010],
      [`team/app@${digest(4)}`, '', 310],
      ['team/app:small', 'alice', 60],
    ])
    expect(await growth(since + 60_000)).toEqual([])
    // With the old image in the time, its layer is new as well.
    expect((await growth())[1]).toEqual(['team/app:old', '', 1010])
  })

  test('leaves out what was deleted, and gives its layers to the next push that has them', async () => {
    const { index, growth } = setUp()
    await index.apply(PROJECT, [push(1, [blob(101)], { tag: 'a' }), push(2, [blob(101)], { tag: 'b' })])
    expect(await growth()).toEqual([
      ['team/app:a', '', 1010],
      ['team/app:b', '', 10],
    ])
    await index.apply(PROJECT, [{ kind: 'delete', repository: 'team/app', at: 60, digest: digest(1) }])
    expect(await growth()).toEqual([['team/app:b', '', 1010]])
    // It is pushed again.
    await index.apply(PROJECT, [push(1, [blob(101)], { tag: 'c', at: 70 })])
    expect(await growth()).toEqual([
      ['team/app:b', '', 1010],
      ['team/app:c', '', 10],
    ])
  })

  test('counts the manifests of an index for the push of the index', async () => {
    const { index, growth } = setUp()
    await index.apply(PROJECT, [
      push(1, [blob(101)]),
      push(2, [blob(102)]),
      push(
        3,
        [1, 2].map((n) => ({ kind: 'child', digest: digest(n), size: 10 })),
        { tag: 'v1', actor: 'ci' },
      ),
    ])
    expect(await growth()).toEqual([['team/app:v1', 'ci', 2030]])
  })

  test('hears an event that comes twice once, and nothing of what a reconcile finds', async () => {
    const { index, readGrowth, growth } = setUp()
    const facts = [push(1, [blob(101)], { tag: 'a' })]
    await index.apply(PROJECT, facts)
    await index.apply(PROJECT, facts)
    await index.apply(PROJECT, [
      { ...push(2, [blob(102)]), kind: 'present', via: 'push', age: { at: 5, source: 'seen' } } as Fact,
    ])
    expect(await growth()).toEqual([['team/app:a', '', 1010]])
    expect(await bed.redis.xlen('t:{ci/team/app}:pushes')).toBe(1)
    expect((await readGrowth(PROJECT, 0)).isCut).toBe(false)
  })

  test('adds up to the unique bytes if all was pushed in that time', async () => {
    const anyPushes = fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 5 }), {
      ...{ minLength: 1, maxLength: 10 },
    })
    await fc.assert(
      fc.asyncProperty(anyPushes, fc.array(fc.nat(9), { maxLength: 3 }), async (all, deleted) => {
        await bed.redis.flushall()
        const { index, growth } = setUp()
        await index.apply(
          PROJECT,
          all.map((blobs, n) =>
            push(
              n + 1,
              blobs.map((one) => blob(100 + one, 1000 + one)),
              { tag: `v${n}` },
            ),
          ),
        )
        const deletes = deleted.map(
          (n): Fact => ({ kind: 'delete', repository: 'team/app', at: 60, digest: digest(n + 1) }),
        )
        await index.apply(PROJECT, deletes)
        const sum = (await growth()).reduce((total, [, , bytes]) => total + Number(bytes), 0)
        expect(sum).toBe((await index.usage(PROJECT))?.uniqueBytes)
      }),
      { numRuns: 25 },
    )
  })

  test('takes few bytes of Redis for each push, and goes with its project', async () => {
    const { index } = setUp()
    const pushes = Array.from({ length: 1000 }, (_, n) =>
      push(n + 1, [blob(n + 2000)], { tag: `build-${n}`, actor: 'ci-bot' }),
    )
    await index.apply(PROJECT, pushes)
    const bytes = Number(await bed.redis.memory('USAGE', 't:{ci/team/app}:pushes', 'SAMPLES', '0'))
    expect(bytes / 1000).toBeLessThan(100)
    await index.apply(PROJECT, [{ kind: 'drop', repository: 'team/app', at: 5000 }])
    await index.forget(PROJECT, Date.now() * 1000 + 60_000_000)
    expect(await bed.redis.keys('*team/app*')).toEqual([])
  })

  test('forgets a push, and who made it, after 31 days', async () => {
    const { index } = setUp()
    const key = 't:{ci/team/app}:pushes'
    const [days, now] = [86_400_000, Date.now()]
    for (const age of [32, 30]) await bed.redis.xadd(key, `${now - age * days}-0`, 'k', `${age}`, 'a', 'bob')
    await index.apply(PROJECT, [push(1, [])])
    expect((await bed.redis.xrange(key, '-', '+')).map(([, [, k]]) => k)).toEqual(['30', expect.anything()])
    // Nobody pushes any more.
    expect(await bed.redis.pttl(key)).toBeGreaterThan(30.9 * days)
    expect(await bed.redis.pttl(key)).toBeLessThanOrEqual(31 * days)
  })
})

test('a circle of indexes, which only a lie can make, ends', () => {
  const lie = (key: string, children: string[]): Push => ({
    ...{
      key,
      children,
      at: 1,
      repository: 'a',
      digest: key,
      tag: '',
      by: '',
      ownBytes: 10,
      blobs: new Set<string>(),
    },
  })
  const added = addedBy([lie('a', ['b']), lie('b', ['a']), lie('c', ['c'])], new Map())
  expect(added.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(30)
})
