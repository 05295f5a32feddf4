import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { startRedisCluster } from '../../lab/redis-cluster.ts'
import { eventually } from '../../lab/tallyman.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { connectPatiently } from '../../src/platform/redis.ts'
import { parseRedisUrl } from '../../src/platform/redis-url.ts'
import { closeWorkers } from '../../src/queue/close-workers.ts'
import { makeWorker } from '../../src/queue/make-worker.ts'
import { closeQueues, makeQueues, queuePrefix } from '../../src/queue/queues.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function onCluster() {
  const servers = await startRedisCluster({ nodes: 3, replicas: 0 })
  closers.push(servers.close)
  const connect = async () => {
    const connection = await connectPatiently(parseRedisUrl(servers.url))
    closers.push(() => connection.disconnect())
    return connection
  }
  const queues = makeQueues(await connect(), 'lab')
  closers.push(() => closeQueues(queues))
  const jobs = { begun: 0, done: 0 }
  /** A worker on its own connection. Each of its jobs waits for `end`. */
  const work = async (end: Promise<void>) => {
    const connection = await connect()
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
      await end
      jobs.done++
    })
    return { close: () => closeWorkers([worker], connection) }
  }
  return { servers, queues, work, jobs }
}

test('a close waits for the job in hand, and no other job begins', async () => {
  const { queues, work, jobs } = await onCluster()
  const end = Promise.withResolvers<void>()
  const worker = await work(end.promise)
  for (const project of ['ci/a', 'ci/b']) await queues.quota.add('quota', { kind: 'project', id: project })
  await eventually(
    async () => jobs.begun,
    (begun) => begun === 1,
  )
  const closing = worker.close()
  expect(await Promise.race([closing, sleep(100, 'waits')])).toBe('waits')
  end.resolve()
  await closing
  expect(jobs).toEqual({ begun: 1, done: 1 })
  expect(await queues.quota.getJobCounts('waiting', 'active')).toEqual({ waiting: 1, active: 0 })
})

test('a worker that has begun to wait for jobs closes, however long ago that was', async () => {
  const { queues, work, jobs } = await onCluster()
  for (let round = 1; round <= 10; round++) {
    const worker = await work(Promise.resolve())
    await queues.quota.add('quota', { kind: 'project', id: 'ci/a' })
    await eventually(
      async () => jobs.done,
      (done) => done === round,
    )
    await sleep(round * 5)
    await worker.close()
  }
})

test('when the node that has the queues is dead, the job in hand is left', async () => {
  const { servers, queues, work, jobs } = await onCluster()
  const end = Promise.withResolvers<void>()
  const worker = await work(end.promise)
  await queues.quota.add('quota', { kind: 'project', id: 'ci/a' })
  await eventually(
    async () => jobs.begun,
    (begun) => begun === 1,
  )
  await servers.nodes[await servers.nodeOf(queuePrefix('lab'))]?.process.stop('SIGKILL')
  // It resolves although the job never ends.
  await worker.close()
  expect(jobs).toEqual({ begun: 1, done: 0 })
  end.resolve()
})
