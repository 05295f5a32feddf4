import { Queue } from 'bullmq'
import type { Cluster, Redis } from 'ioredis'
import type { CloudEvent } from '../platform/cloud-event.ts'
import { connectFailingFast } from '../platform/redis.ts'
import { parseRedisUrl, placeOf } from '../platform/redis-url.ts'
import type { Receiver } from './receiver.ts'

/** A site's worker that fails gets a job again after 1, 2, 4, … s. */
const RETRIES = { attempts: 10, backoff: { type: 'exponential', delay: 1_000 } }

/** Done jobs stay for a day, so that an event that is told again is dropped. */
const KEPT = { removeOnComplete: { age: 86_400, count: 10_000 }, removeOnFail: { count: 10_000 } }

/**
 * A BullMQ queue of the site's own, at a Redis of its own, with BullMQ's usual prefix. Each event becomes a job: its name is
 * the type of the event, its id that of the event. Connects when it first sends: Tallyman starts without this Redis.
 */
export function makeSiteQueue({ name, redis: url }: { name: string; redis: string }): Receiver {
  const target = parseRedisUrl(url)
  let opened: { redis: Redis | Cluster; queue: Queue<CloudEvent> } | undefined
  let opening: Promise<Queue<CloudEvent>> | undefined

  async function open(): Promise<Queue<CloudEvent>> {
    try {
      const connection = await connectFailingFast(target)
      const queue = new Queue<CloudEvent>(name, { connection, skipVersionCheck: true })
      // BullMQ repeats the connection's errors here and prints them if nobody listens.
      queue.on('error', () => {})
      opened = { redis: connection, queue }
      return queue
    } finally {
      opening = undefined
    }
  }

  return {
    name: 'queue',
    takes: () => true,
    async send(event) {
      opening ??= opened === undefined ? open() : undefined
      const queue = opened?.queue ?? (await opening)
      await queue?.add(event.type, event, { jobId: event.id, ...RETRIES, ...KEPT })
    },
    check: {
      tried: `PING at ${placeOf(target)}`,
      async ask() {
        const connection = await connectFailingFast(target)
        return connection.ping().finally(() => connection.disconnect())
      },
    },
    async close() {
      await opening?.catch(() => {})
      await opened?.queue.close()
      opened?.redis.disconnect()
    },
  }
}
