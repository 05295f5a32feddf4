import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex, type UsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()
let index: UsageIndex
beforeEach(() => {
  index = makeUsageIndex({ redis: bed.redis, prefix: 't' })
})

const [meta, eventIds, olderEventIds] = ['t:{ci/app}:meta', 't:{ci/app}:seen', 't:{ci/app}:seen-before']
const pull = (id: string): Fact => ({
  kind: 'pull',
  id,
  repository: 'app',
  at: 1_795_449_746_000_000,
  digest: `sha256:${'a'.repeat(64)}`,
  size: 500,
  mediaType: '',
})
const pulls = async () => (await index.usage('ci/app'))?.pulls

/** As if the ids had begun so many seconds ago, and the keys had been set to expire then. */
async function age(seconds: number): Promise<void> {
  await bed.redis.hincrby(meta, 'seenSince', -seconds * 1_000_000)
  for (const key of [eventIds, olderEventIds]) {
    const left = await bed.redis.ttl(key)
    if (left > 0) await bed.redis.expire(key, left - seconds)
  }
}

test('an id is remembered for ten minutes, and in an idle project forgotten after twenty', async () => {
  await index.apply('ci/app', [pull('a')])
  const left = await bed.redis.ttl(eventIds)
  expect(left).toBeGreaterThan(1_100)
  await age(590)
  await index.apply('ci/app', [pull('a'), pull('b')])
  expect(await pulls()).toBe(2)
  // Later ids do not put off the end.
  expect(await bed.redis.ttl(eventIds)).toBeLessThanOrEqual(left - 590)
  await age(700)
  expect(await bed.redis.exists(eventIds, olderEventIds)).toBe(0)
})

test('after ten minutes a new set begins, and the ids of the last one count for ten minutes more', async () => {
  await index.apply('ci/app', [pull('a')])
  await age(601)
  await index.apply('ci/app', [pull('b')])
  expect(await bed.redis.exists(eventIds)).toBe(0)
  await index.apply('ci/app', [pull('c')])
  await age(590)
  await index.apply('ci/app', [pull('a'), pull('b'), pull('c')])
  expect(await pulls()).toBe(3)
  await age(11)
  expect(await bed.redis.exists(olderEventIds)).toBe(0)
  await index.apply('ci/app', [pull('c')])
  expect(await pulls()).toBe(3)
})

test('ids that expired as a whole leave no set that stays', async () => {
  await index.apply('ci/app', [pull('a')])
  await age(5_000)
  await index.apply('ci/app', [pull('b')])
  await index.apply('ci/app', [pull('c')])
  expect(await bed.redis.ttl(eventIds)).toBeGreaterThan(0)
  expect(await bed.redis.ttl(olderEventIds)).toBeGreaterThan(0)
})

test('however many pulls come in ten minutes, at most some 100,000 ids are kept', async () => {
  for (let from = 0; from < 120_000; from += 10_000) {
    const facts = Array.from({ length: 10_000 }, (_, n) => pull(`${from + n}`))
    await index.applyAll(new Map([['ci/app', facts]]))
  }
  expect(await pulls()).toBe(120_000)
  const [newer, older] = [await bed.redis.scard(eventIds), await bed.redis.scard(olderEventIds)]
  expect(newer + older).toBeLessThanOrEqual(100_200)
  expect(older).toBeGreaterThan(50_000)
})
