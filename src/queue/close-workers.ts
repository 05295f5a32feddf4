import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import { Cluster, type Redis } from 'ioredis'
import type { JobWorker } from './make-worker.ts'

type Closable = Pick<Worker, 'pause' | 'close' | 'toKey' | 'isRunning'> & Pick<JobWorker<unknown>, 'inHand'>

/** How long the cluster node that has the queues may take to answer, in ms. After that it counts as away. */
const ANSWER_MS = 1_000

/** How often to check whether jobs are still in hand, in ms. */
const LOOK_MS = 20

/**
 * Takes no new jobs and waits for the jobs in hand. Without Redis they cannot be reported as done. If Redis is away, or
 * goes away meanwhile, they are left and run again later.
 */
export async function closeWorkers(workers: readonly Closable[], connection: Redis | Cluster): Promise<void> {
  if (connection instanceof Cluster) await finishOnCluster(workers, connection)
  else await finish(workers, connection)
  // With force: nothing is left to wait for, and without force a Redis that has just gone would be waited for.
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
 * On a cluster a `pause` that waits may never return. It closes the blocking connection, ioredis emits `close` for each
 * node even after `end`, and BullMQ opens the connection again. So pause without waiting, and watch the jobs in hand.
 */
async function finishOnCluster(workers: readonly Closable[], cluster: Cluster): Promise<void> {
  await Promise.all(workers.map((worker) => worker.pause(true)))
  // One key is enough: all queues are in one slot.
  const [key = ''] = workers.map((worker) => worker.toKey(''))
  const isBusy = () => workers.some((worker) => worker.isRunning() && worker.inHand.size > 0)
  for (let isAway = false; isBusy() && !isAway; isAway = !(await answers(cluster, key))) {
    const until = Date.now() + ANSWER_MS
    while (isBusy() && Date.now() < until) await sleep(LOOK_MS)
  }
}

/** Whether the node that has the key answers. The connection's status says only that some node does. */
function answers(cluster: Cluster, key: string): Promise<boolean> {
  const answer = cluster.exists(key).then(
    () => true,
    () => false,
  )
  return Promise.race([answer, sleep(ANSWER_MS, false)])
}
