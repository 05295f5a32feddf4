import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import { Cluster, type Redis } from 'ioredis'
import type { JobWorker } from './make-worker.ts'

type Closable = Pick<Worker, 'pause' | 'close' | 'toKey' | 'isRunning'> & Pick<JobWorker<unknown>, 'inHand'>

/** How long the node of a cluster that has the queues may take to answer, in ms, before it counts as away. */
const ANSWER_MS = 1_000

/** How often it is looked whether jobs are still in hand, in ms. */
const LOOK_MS = 20

/**
 * Takes no new jobs and waits for those in hand. Without Redis they cannot be reported as done: if it is away, or goes
 * away meanwhile, they are left, and handed out again later.
 */
export async function closeWorkers(workers: readonly Closable[], connection: Redis | Cluster): Promise<void> {
  if (connection instanceof Cluster) await finishOnCluster(workers, connection)
  else await finish(workers, connection)
  // With force, for nothing is left to wait for: a farewell to a Redis that has just gone would wait for its return.
  await Promise.all(workers.map((worker) => worker.close(true)))
}

async function finish(workers: readonly Closable[], connection: Redis): Promise<void> {
  const away = new Promise<void>((resolve) => {
    if (connection.status === 'ready') connection.once('close', resolve)
    else resolve()
  })
  await Promise.race([Promise.all(workers.map((worker) => worker.pause())), away])
}

/**
 * A `pause` that waits ends the blocking connection first, and of a cluster that may never come to its end: ioredis says
 * `close` for each node, also after `end`, which BullMQ takes for a connection to be opened again.
 */
async function finishOnCluster(workers: readonly Closable[], cluster: Cluster): Promise<void> {
  await Promise.all(workers.map((worker) => worker.pause(true)))
  // One key will do, for all the queues are in one slot.
  const [key = ''] = workers.map((worker) => worker.toKey(''))
  const isBusy = () => workers.some((worker) => worker.isRunning() && worker.inHand.size > 0)
  for (let isAway = false; isBusy() && !isAway; isAway = !(await answers(cluster, key))) {
    const until = Date.now() + ANSWER_MS
    while (isBusy() && Date.now() < until) await sleep(LOOK_MS)
  }
}

/** A cluster's connection is ready as long as any node is there, so the one that has the key is asked. */
function answers(cluster: Cluster, key: string): Promise<boolean> {
  const answer = cluster.exists(key).then(
    () => true,
    () => false,
  )
  return Promise.race([answer, sleep(ANSWER_MS, false)])
}
