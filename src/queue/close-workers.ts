import type { Worker } from 'bullmq'
import type { Redis } from 'ioredis'

/**
 * Takes no new jobs and waits for those in hand. Without Redis they cannot be reported as done: if it is away, or goes
 * away meanwhile, they are left, and handed out again later.
 */
export async function closeWorkers(
  workers: readonly Pick<Worker, 'pause' | 'close'>[],
  connection: Redis,
): Promise<void> {
  const away = new Promise<void>((resolve) => {
    if (connection.status === 'ready') connection.once('close', resolve)
    else resolve()
  })
  await Promise.race([Promise.all(workers.map((worker) => worker.pause())), away])
  // With force, for nothing is left to wait for: a farewell to a Redis that has just gone would wait for its return.
  await Promise.all(workers.map((worker) => worker.close(true)))
}
