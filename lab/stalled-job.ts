import { Worker } from 'bullmq'
import type { Redis } from 'ioredis'

/**
 * What a worker does by itself within a minute or two: puts the job of one that was killed back into its queue.
 * `prefix` is Tallyman's; resolves once the job waits.
 */
export async function takeFromTheDead(
  redis: Redis,
  prefix: string,
  queue: string,
  id: string,
): Promise<void> {
  const key = `{${prefix}}:${queue}`
  await redis.del(`${key}:${id}:lock`, `${key}:stalled-check`)
  const connection = redis.duplicate()
  const checker = new Worker(queue, null, { connection, prefix: `{${prefix}}`, stalledInterval: 100 })
  await checker.startStalledCheckTimer()
  for (const end = Date.now() + 10_000; !(await redis.lrange(`${key}:wait`, 0, -1)).includes(id); )
    if (Date.now() > end) throw new Error(`job ${id} of ${queue} did not come back`)
  await checker.close()
  connection.disconnect()
}
