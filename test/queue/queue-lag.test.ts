import { setTimeout as sleep } from 'node:timers/promises'
import type { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import pino from 'pino'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { makeWorker } from '../../src/queue/make-worker.ts'
import { queueLag } from '../../src/queue/queue-lag.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'

const bed = useRedis()
let queues: Queues | undefined
afterEach(async () => {
  if (queues) await closeQueues(queues)
})
const open = () => {
  queues = makeQueues(bed.redis, 't')
  return queues
}
const DATA = { kind: 'project' as const, id: 'ci/team/app' }
const ago = (ms: number) => ({ timestamp: Date.now() - ms })
const lagOf = (queue: Queue) => queueLag(queue, Date.now())

test('an empty queue has no lag; otherwise the oldest job that could run counts', async () => {
  const { quota } = open()
  expect(await lagOf(quota)).toBe(0)
  await quota.add('quota', DATA, ago(60_000))
  await quota.add('quota', DATA, ago(5_000))
  const lag = await lagOf(quota)
  expect(lag).toBeGreaterThanOrEqual(60_000)
  expect(lag).toBeLessThan(3_600_000)
})

test('jobs with a priority wait, too', async () => {
  const { quota } = open()
  await quota.add('quota', DATA, { ...ago(60_000), priority: 10 })
  expect(await lagOf(quota)).toBeGreaterThanOrEqual(60_000)
})

test('a job that runs later has no lag until it is due', async () => {
  const { quota } = open()
  await quota.add('quota', DATA, { ...ago(60_000), delay: 3_600_000 })
  expect(await lagOf(quota)).toBe(0)
  // Due half a minute ago: no worker has moved it.
  await quota.add('quota', DATA, { ...ago(60_000), delay: 30_000 })
  expect(await lagOf(quota)).toBeGreaterThanOrEqual(29_000)
})

test('a scheduled job whose time has just come has waited since then, not since it was scheduled', async () => {
  const { quota } = open()
  const job = await quota.add('quota', DATA, { ...ago(3_600_000), delay: 3_590_000 })
  await job.promote()
  expect(await quota.getWaitingCount()).toBe(1)
  const lag = await lagOf(quota)
  expect(lag).toBeGreaterThanOrEqual(10_000)
  expect(lag).toBeLessThan(3_000_000)
})

test('attempts are counted by outcome, and timed', async () => {
  const { quota } = open()
  const metrics = makeMetrics()
  const connection = new Redis(bed.server.port, { maxRetriesPerRequest: null })
  const context = {
    connection,
    prefix: 't',
    log: pino({ level: 'silent' }),
    outage: { takes: () => false },
    metrics,
  }
  const worker = makeWorker('quota', context, async (_, job) => {
    if (job.attemptsMade === 0) throw new Error('the first attempt fails')
    await sleep(20)
  })
  const counts = async () => {
    const { values } = await metrics.jobAttempts.get()
    return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]))
  }
  expect(await counts()).toEqual({ completed: 0, postponed: 0, failed: 0, given_up: 0 })
  await quota.add('quota', DATA, { attempts: 2, backoff: 0 })
  await quota.add('quota', DATA, { attempts: 1 })
  await eventually(counts, ({ completed, given_up }) => completed === 1 && given_up === 1)
  expect(await counts()).toEqual({ completed: 1, postponed: 0, failed: 1, given_up: 1 })
  const seconds = (await metrics.jobSeconds.get()).values
  expect(seconds.find(({ metricName }) => metricName?.endsWith('_count'))?.value).toBe(3)
  await worker.close()
  connection.disconnect()
})
