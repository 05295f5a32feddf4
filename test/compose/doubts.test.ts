import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeDoubtOf } from '../../src/compose/doubts.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'

/** Whether events wait, by the real queue. */
const bed = useRedis()
const MINUTES = 60_000
const ledger = {
  status: async () => ({ exact: { since: 1, images: 0, repositories: 0 }, gaps: [], covered: 0 }),
}

let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
  return () => closeQueues(queues)
})
const doubt = () => makeDoubtOf({ ledger, queues, redis: bed.redis })('ci')
/** Adds a job of this age, which runs after `delay`; both in ms. */
const add = (age: number, delay = 0) =>
  queues.events.add('events', { deliveries: [] }, { timestamp: Date.now() - age, delay })

test('without jobs there is no doubt, nor with a young one', async () => {
  expect(await doubt()).toBeUndefined()
  await add(0)
  expect(await doubt()).toBeUndefined()
})

test('an old job that runs again after a young one is a doubt', async () => {
  await add(10 * MINUTES, 14 * MINUTES)
  await add(0, MINUTES)
  expect(await doubt()).toMatch(/^accepted events have been waiting for 60\d seconds$/)
})

test('an old job in hand is a doubt', async () => {
  const { id = '' } = await add(10 * MINUTES)
  await bed.redis.lrem(queues.events.toKey('wait'), 1, id)
  await bed.redis.lpush(queues.events.toKey('active'), id)
  expect(await doubt()).toMatch(/have been waiting/)
})
