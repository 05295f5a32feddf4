import { Worker } from 'bullmq'
import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeDoubtOf } from '../../src/compose/doubts.ts'
import { closeQueues, makeQueues, type Queues, queuePrefix } from '../../src/queue/queues.ts'

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
const doubt = () => makeDoubtOf({ ledger, queues })('ci')
/** Adds a job of this age, which runs after `delay`; both in ms. */
const add = (age: number, delay = 0) =>
  queues.events.add('events', { deliveries: [] }, { timestamp: Date.now() - age, delay })

test('without jobs there is no doubt, nor with a young one', async () => {
  expect(await doubt()).toBeUndefined()
  await add(0)
  expect(await doubt()).toBeUndefined()
})

test('a job that failed and is tried again later is a doubt', async () => {
  await add(0, 14 * MINUTES)
  expect(await doubt()).toBe('1 jobs with accepted events failed, and are tried again later')
})

test('an old job that waits, or is in hand, is a doubt', async () => {
  await add(10 * MINUTES)
  expect(await doubt()).toMatch(/^accepted events have been waiting for 60\d seconds$/)
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const work = async () => {
    begun.resolve()
    await held.promise
  }
  const worker = new Worker('events', work, { connection: bed.redis, prefix: queuePrefix('t') })
  try {
    await begun.promise
    expect(await doubt()).toMatch(/have been waiting/)
  } finally {
    held.resolve()
    await worker.close()
  }
})
