import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { type Delivery, makeDeliveries } from '../../src/alerts/deliveries.ts'

const bed = useRedis()

const delivery = (message: string, more: Partial<Delivery> = {}): Omit<Delivery, 'at'> => ({
  ...{ channel: 'ops', message, type: 'quota.over', subject: 'ci/a', text: 'over' },
  ...{ result: 'accepted', answer: null, attempt: 1 },
  ...more,
})

test('deliveries are listed newest first, page by page, with the time of the answer', async () => {
  const deliveries = makeDeliveries({ redis: bed.redis, prefix: 't' })
  const before = Date.now()
  for (const id of ['a', 'b', 'c']) await deliveries.record(delivery(id))
  const first = await deliveries.recent(2)
  const second = await deliveries.recent(2, first.at(-1)?.position)
  expect([...first, ...second].map((one) => one.delivery.message)).toEqual(['c', 'b', 'a'])
  const at = Date.parse(first[0]?.delivery.at ?? '')
  // Redis and this process read the same clock, Redis a millisecond late at times.
  expect(at).toBeGreaterThanOrEqual(before - 5)
  expect(first[0]?.delivery).toEqual({ ...delivery('c'), at: expect.any(String) })
})

test('the history is bounded, in entries and in the length of texts', async () => {
  const deliveries = makeDeliveries({ redis: bed.redis, prefix: 't' })
  await deliveries.record(delivery('long', { text: 'x'.repeat(10_000), answer: 'y'.repeat(10_000) }))
  const [{ delivery: long } = { delivery: undefined }] = await deliveries.recent(1)
  expect([long?.text.length, long?.answer?.length]).toEqual([500, 500])
  await Promise.all(Array.from({ length: 5_500 }, (_, n) => deliveries.record(delivery(`m${n}`))))
  const kept = await deliveries.recent(10_000)
  expect(kept.length).toBeGreaterThanOrEqual(5_000)
  expect(kept.length).toBeLessThan(5_200)
  expect(kept[0]?.delivery.message).toBe('m5499')
})
