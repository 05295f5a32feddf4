import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { startRedis } from '../../lab/redis.ts'
import { eventually } from '../../lab/tallyman.ts'
import { connectPatiently } from '../../src/platform/redis.ts'
import { closeWorkers } from '../../src/queue/close-workers.ts'
import { makeWorker } from '../../src/queue/make-worker.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A worker whose jobs take this long (ms), with one of them in hand. */
async function atWork(ms: number) {
  const server = await startRedis()
  closers.push(server.close)
  const connection = await connectPatiently({ url: server.url })
  connection.on('error', () => {})
  closers.push(() => connection.disconnect())
  const queues = makeQueues(connection, 'lab')
  const seen = { begun: 0, done: 0 }
  const context = { connection, prefix: 'lab', log: pino({ level: 'silent' }) }
  const worker = makeWorker('quota', context, async () => {
    seen.begun++
    await sleep(ms)
    seen.done++
  })
  await queues.quota.add('quota', { project: 'ci/a' })
  await queues.quota.add('quota', { project: 'ci/b' })
  await eventually(
    async () => seen.begun,
    (begun) => begun === 1,
  )
  return { server, connection, queues, worker, seen }
}

test('the job in hand is finished and no other begun', async () => {
  const { connection, queues, worker, seen } = await atWork(300)
  await closeWorkers([worker], connection)
  expect(seen).toEqual({ begun: 1, done: 1 })
  expect(await queues.quota.getJobCounts('waiting', 'active')).toEqual({ waiting: 1, active: 0 })
  await closeQueues(queues)
})

test('no Redis that dies in the same moment, and none that dies meanwhile, is waited for', async () => {
  for (const ms of [0, 200]) {
    const { server, connection, worker } = await atWork(2_000)
    const began = Date.now()
    const closing = closeWorkers([worker], connection)
    await sleep(ms)
    await server.process.stop('SIGKILL')
    await closing
    expect(Date.now() - began).toBeLessThan(1_500)
  }
})
