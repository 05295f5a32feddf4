import { Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import { eventually } from './tallyman.ts'

/**
 * Puts the job of a killed worker back into its queue, as a worker does by itself within a minute. `prefix` is Tallyman's.
 * Resolves once the job waits.
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
  await eventually(
    () => redis.lrange(`${key}:wait`, 0, -1),
    (waiting) => waiting.includes(id),
  )
  await checker.close()
  connection.disconnect()
}
