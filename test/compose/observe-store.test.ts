import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { observeStore } from '../../src/compose/observe/store.ts'
import type { OnRedis, Parts } from '../../src/compose/parts.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { journalKeys } from '../../src/replay/event-journal.ts'
import type { StoreState } from '../../src/store/store-identity.ts'

const bed = useRedis()

async function scrape(state: () => Promise<StoreState>, { enabled }: { enabled: boolean }) {
  const metrics = makeMetrics()
  const parts = { metrics, prefix: 't', config: { journal: { enabled } } }
  const onRedis = { redis: bed.redis, storeWatch: { state } }
  await observeStore(parts as unknown as Parts, onRedis as unknown as OnRedis)()
  const text = await metrics.registry.metrics()
  const lines = text.split('\n').filter((line) => /^tallyman_(store|journal)_/.test(line))
  return Object.fromEntries(lines.map((line) => [line.split(' ')[0], Number(line.split(' ')[1])]))
}

test.each([
  { state: 'known', known: 1 },
  { state: 'lost', known: 0 },
  { state: 'another', known: 0 },
] as const)('of a store that is $state', async ({ state, known }) => {
  expect(await scrape(async () => state, { enabled: false })).toEqual({
    tallyman_store_up: 1,
    tallyman_store_known: known,
  })
})

test('a store that does not answer is down, and it is not said whether it is the known one', async () => {
  const away = () => Promise.reject(new Error('the store is away'))
  expect(await scrape(away, { enabled: false })).toEqual({ tallyman_store_up: 0 })
})

test('a journal tells how long its oldest entry waits, how much waits, and what was left out', async () => {
  const known = async () => 'known' as const
  expect(await scrape(known, { enabled: true })).toMatchObject({
    ...{ tallyman_journal_oldest_waiting_seconds: 0, tallyman_journal_waiting_bytes: 0 },
    tallyman_journal_left_out_entries: 0,
  })
  const keys = journalKeys('t')
  await bed.redis.xadd(keys.waiting, `${Date.now() - 3_600_000}-0`, 'l', 'x\n')
  await bed.redis.xadd(keys.waiting, '*', 'l', 'y\n')
  await bed.redis.set(keys.bytes, 4)
  await bed.redis.set(keys.lost, 7)
  const found = await scrape(known, { enabled: true })
  expect(found.tallyman_journal_oldest_waiting_seconds).toBeGreaterThanOrEqual(3_600)
  expect(found).toMatchObject({ tallyman_journal_waiting_bytes: 4, tallyman_journal_left_out_entries: 7 })
})
