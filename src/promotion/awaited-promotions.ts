import type { Cluster, Redis } from 'ioredis'
import type { Queues } from '../queue/queues.ts'
import type { TaggedImage } from './match.ts'

type Source = Omit<TaggedImage, 'tag'>

/** How long it is remembered that a promotion waits, in ms. It says so again each time it has looked. */
const KEPT_MS = 3_600_000

/** Jobs that are looked at in one reading, at most, and what BullMQ says of those that do not wait any more. */
const MOST_LOOKS = 100
const ENDED = ['completed', 'failed', 'unknown']

/**
 * Remembers which promotions wait at gates, by their image: `<prefix>:awaited:<registry>/<repository>@<digest>`, a set of jobs. A
 * signature that arrives wakes them; without it they look again some minutes later. `<prefix>:awaited` has all of them by since when
 * they wait, for those who watch.
 */
export function makeAwaitedPromotions({
  redis,
  prefix,
  queues,
}: {
  redis: Redis | Cluster
  prefix: string
  queues: Pick<Queues, 'promotion'>
}) {
  const allKey = `${prefix}:awaited`
  const keyOf = ({ registry, repository }: Source, digest: string) =>
    `${prefix}:awaited:${registry}/${repository}@${digest}`

  /** Has a job run now if it waits. A job that is in hand, or gone, is left alone. */
  async function wake(id: string): Promise<boolean> {
    const job = await queues.promotion.getJob(id)
    if (job === undefined || !(await job.isDelayed())) return false
    // It may begin on its own in this moment.
    return job.promote().then(
      () => true,
      () => false,
    )
  }

  return {
    wake,

    /** `since`: epoch ms. */
    async add(image: Source & { digest: string }, id: string, since: number): Promise<void> {
      await redis.zadd(allKey, since, id)
      const key = keyOf(image, image.digest)
      await redis.sadd(key, id)
      await redis.pexpire(key, KEPT_MS)
    },

    /** Notes that a promotion has ended. */
    async end(id: string): Promise<void> {
      await redis.zrem(allKey, id)
    },

    /** How many promotions wait, and since when the first one does, epoch ms. Forgets those whose job is over or gone. */
    async all(): Promise<{ count: number; oldestSince?: number }> {
      for (let looked = 0; looked < MOST_LOOKS; looked++) {
        const [id, since] = await redis.zrange(allKey, '0', '0', 'WITHSCORES')
        if (id === undefined) return { count: 0 }
        const state = await queues.promotion.getJobState(id)
        if (!ENDED.includes(state)) return { count: await redis.zcard(allKey), oldestSince: Number(since) }
        await redis.zrem(allKey, id)
      }
      return { count: await redis.zcard(allKey) }
    },

    /** Wakes the promotions of an image. */
    async wakeAll(image: Source, digest: string): Promise<void> {
      const key = keyOf(image, digest)
      const ids = await redis.smembers(key)
      if (ids.length === 0) return
      await redis.del(key)
      for (const id of ids) await wake(id)
    },
  }
}
export type AwaitedPromotions = ReturnType<typeof makeAwaitedPromotions>
