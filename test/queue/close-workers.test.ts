import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { startRedis } from '../../lab/redis.ts'
import { eventually } from '../../lab/tallyman.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { connectPatiently } from '../../src/platform/redis.ts'
import { closeWorkers } from '../../src/queue/close-workers.ts'
import { makeWorker } from '../../src/queue/make-worker.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A worker with one job in hand, which ends when told, and another that waits. */
async function atWork() {
  const server = await startRedis()
  closers.push(server.close)
  const connection = await connectPatiently({ url: server.url })
  connection.on('error', () => {})
  closers.push(() => connection.disconnect())
  const queues = makeQueues(connection, 'lab')
  const jobs = { begun: 0, done: 0 }
  const end = Promise.withResolvers<void>()
  const outage = { takes: () => false }
  const context = {
    connection,
    prefix: 'lab',
    log: pino({ level: 'silent' }),
    outage,
    metrics: makeMetrics(),
  }
  const worker = makeWorker('quota', context, async () => {
    jobs.begun++
    await end.promise
    jobs.done++
  })
  await queues.quota.add('quota', { kind: 'project', id: 'ci/a' })
  await queues.quota.add('quota', { kind: 'project', id: 'ci/b' })
  await eventually(
    async () => jobs.begun,
    (begun) => begun === 1,
  )
  return { server, connection, queues, worker, jobs, end: end.resolve }
}

test('a close waits for the job in hand, and no other job begins', async () => {
  const { connection, queues, worker, jobs, end } = await atWork()
  const closing = closeWorkers([worker], connection)
  expect(await Promise.race([closing, sleep(100, 'waits')])).toBe('waits')
  end()
  await closing
  expect(jobs).toEqual({ begun: 1, done: 1 })
  expect(await queues.quota.getJobCounts('waiting', 'active')).toEqual({ waiting: 1, active: 0 })
  await closeQueues(queues)
})

test.each([0, 200])('when Redis dies %i ms after the close began, the job in hand is left', async (ms) => {
  const { server, connection, worker, jobs } = await atWork()
  const closing = closeWorkers([worker], connection)
  await sleep(ms)
  await server.process.stop('SIGKILL')
  // It resolves although the job never ends. If it did end, BullMQ would connect again, and try for as long as the process lives.
  await closing
  expect(jobs).toEqual({ begun: 1, done: 0 })
})
