import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import { Cluster, type Redis } from 'ioredis'

/** How long the node of a cluster that has the queues may take to answer, in ms, before it counts as away. */
const ANSWER_MS = 1_000

/**
 * Takes no new jobs and waits for those in hand. Without Redis they cannot be reported as done: if it is away, or goes
 * away meanwhile, they are left, and handed out again later.
 */
export async function closeWorkers(
  workers: readonly Pick<Worker, 'pause' | 'close' | 'toKey'>[],
  connection: Redis | Cluster,
): Promise<void> {
  const paused = new AbortController()
  const pausing = Promise.all(workers.map((worker) => worker.pause())).finally(() => paused.abort())
  // One key will do, for all the queues are in one slot.
  const [key = ''] = workers.map((worker) => worker.toKey(''))
  const away =
    connection instanceof Cluster ? untilSilent(connection, key, paused.signal) : untilClosed(connection)
  await Promise.race([pausing, away])
  // With force, for nothing is left to wait for: a farewell to a Redis that has just gone would wait for its return.
  await Promise.all(workers.map((worker) => worker.close(true)))
}

async function untilClosed(connection: Redis): Promise<void> {
  if (connection.status !== 'ready') return
  await new Promise<void>((resolve) => connection.once('close', resolve))
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
