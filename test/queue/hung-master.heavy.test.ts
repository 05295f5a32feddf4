import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { afterEach, test } from 'vitest'
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

const WORKERS = 16

/** Longer than the 6 s without an answer after which BullMQ opens a blocking connection again: the cluster is down then. */
const HANGS_MS = 8_000

test('when a cluster’s master hangs for a while and no replica replaces it, all workers go on afterwards', async () => {
  const servers = await startRedisCluster({ nodes: 3, replicas: 0 })
  closers.push(servers.close)
  const connection = await connectPatiently(parseRedisUrl(servers.url))
  closers.push(() => connection.disconnect())
  const queues = makeQueues(connection, 'lab')
  closers.push(() => closeQueues(queues))
  const worked = new Set<number>()
  const workers = Array.from({ length: WORKERS }, (_, n) =>
    makeWorker(
      'quota',
      {
        connection,
        prefix: 'lab',
        log: pino({ level: 'silent' }),
        outage: { takes: () => false },
        metrics: makeMetrics(),
      },
      async () => {
        worked.add(n)
        await sleep(100)
      },
    ),
  )
  closers.push(() => closeWorkers(workers, connection))
  const allWork = async () => {
    worked.clear()
    const ask = async () => {
      await queues.quota.addBulk(
        workers.map(() => ({ name: 'quota', data: { kind: 'project', id: 'ci/a' } })),
      )
      await sleep(200)
      return worked.size
    }
    await eventually(ask, (size) => size === WORKERS)
  }
  await allWork()
  const master = servers.nodes[await servers.nodeOf(queuePrefix('lab'))]
  closers.push(() => master?.process.child.kill('SIGCONT'))
  master?.process.child.kill('SIGSTOP')
  await sleep(HANGS_MS)
  master?.process.child.kill('SIGCONT')
  await allWork()
  await closeWorkers(workers, connection)
})
