import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import { Cluster, type Redis } from 'ioredis'

type Closable = Pick<Worker, 'pause' | 'close' | 'toKey'>

/** How long the node of a cluster that has the queues may take to answer, in ms, before it counts as away. */
const ANSWER_MS = 1_000

/**
 * Takes no new jobs and waits for those in hand. Without Redis they cannot be reported as done: if it is away, or goes
 * away meanwhile, they are left, and handed out again later.
 */
export async function closeWorkers(workers: readonly Closable[], connection: Redis | Cluster): Promise<void> {
  if (connection instanceof Cluster) return closeOnCluster(workers, connection)
  const away = new Promise<void>((resolve) => {
    if (connection.status === 'ready') connection.once('close', resolve)
    else resolve()
  })
  await Promise.race([Promise.all(workers.map((worker) => worker.pause())), away])
  // With force, for nothing is left to wait for: a farewell to a Redis that has just gone would wait for its return.
  await Promise.all(workers.map((worker) => worker.close(true)))
}

/**
 * `pause` opens the blocking connection again, and a cluster's may hang in that: ioredis says `close` for each node, also
 * after `end`, and BullMQ then waits for an event that does not come. `close` opens nothing.
 */
async function closeOnCluster(workers: readonly Closable[], cluster: Cluster): Promise<void> {
  const closed = new AbortController()
  const closing = Promise.all(workers.map((worker) => worker.close())).finally(() => closed.abort())
  // One key will do, for all the queues are in one slot.
  const [key = ''] = workers.map((worker) => worker.toKey(''))
  await Promise.race([closing, untilSilent(cluster, key, closed.signal)])
}

/** A cluster's connection stays ready as long as any node is there, so the one that has the queues is asked. */
async function untilSilent(cluster: Cluster, key: string, signal: AbortSignal): Promise<void> {
  const answers = () =>
    cluster.exists(key).then(
      () => true,
      () => false,
    )
  const isSilent = async () => !(await Promise.race([answers(), sleep(ANSWER_MS, false)]))
  while (!signal.aborted && !(await isSilent())) await sleep(ANSWER_MS)
}
