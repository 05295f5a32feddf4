import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { startRedisCluster } from '../../lab/redis-cluster.ts'
import { eventually } from '../../lab/tallyman.ts'
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
  const seen = { begun: 0, done: 0 }
  /** A worker on a connection of its own, whose jobs take this long (ms). */
  const work = async (ms: number) => {
    const connection = await connect()
    const context = { connection, prefix: 'lab', log: pino({ level: 'silent' }) }
    const worker = makeWorker('quota', context, async () => {
      seen.begun++
      await sleep(ms)
      seen.done++
    })
    return { close: () => closeWorkers([worker], connection) }
  }
  return { servers, queues, work, seen }
}

test('the job in hand is finished and no other begun', async () => {
  const { queues, work, seen } = await onCluster()
  const worker = await work(300)
  for (const project of ['ci/a', 'ci/b']) await queues.quota.add('quota', { project })
  await eventually(
    async () => seen.begun,
    (begun) => begun === 1,
  )
  await worker.close()
  expect(seen).toEqual({ begun: 1, done: 1 })
  expect(await queues.quota.getJobCounts('waiting', 'active')).toEqual({ waiting: 1, active: 0 })
})

test('a worker that has just begun to wait for jobs closes, whenever that is', async () => {
  const { queues, work, seen } = await onCluster()
  for (let round = 1; round <= 10; round++) {
    const worker = await work(0)
    await queues.quota.add('quota', { project: 'ci/a' })
    await eventually(
      async () => seen.done,
      (done) => done === round,
    )
    await sleep(round * 5)
    const began = Date.now()
    await worker.close()
    expect(Date.now() - began).toBeLessThan(2_000)
  }
})

test('while the node that has the queues is gone, the job in hand is left', async () => {
  const { servers, queues, work, seen } = await onCluster()
  const worker = await work(500)
  await queues.quota.add('quota', { project: 'ci/a' })
  await eventually(
    async () => seen.begun,
    (begun) => begun === 1,
  )
  await servers.nodes[await servers.nodeOf(queuePrefix('lab'))]?.process.stop('SIGKILL')
  const began = Date.now()
  await worker.close()
  expect(Date.now() - began).toBeLessThan(3_000)
})
