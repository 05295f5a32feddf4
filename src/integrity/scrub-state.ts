import type { Cluster, Redis } from 'ioredis'
import { digestKey } from '../usage/digest-key.ts'
import type { Spent } from './scrub-budget.ts'

/**
 * Contents of a registry that are remembered as read, images that could not be read, and repositories that are to come first. The
 * oldest are forgotten.
 */
const MOST = { contents: 200_000, unread: 10_000, first: 10_000 }

/** How far scrubbing is. */
export interface ScrubProgress {
  spent: Spent | undefined
  /** Bytes and images read so far. */
  totalBytes: number
  images: number
  /** epoch ms; 0 for never */
  lastRunAt: number
}

/**
 * What scrubs of a registry remember, so that the next one goes on: the hash `scrub`, and the sorted sets `scrubbed` (contents by
 * when they were read), `scrub-unread` (images by when they could not be read) and `scrub-first` (repositories by when that was
 * asked for). Times are epoch ms.
 */
export function makeScrubState({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const keyOf = (registry: string, name: string) => `${prefix}:{${registry}}:${name}`

  return {
    async progress(registry: string): Promise<ScrubProgress> {
      const { spent, totalBytes, images, lastRunAt } = await redis.hgetall(keyOf(registry, 'scrub'))
      return {
        spent: spent === undefined ? undefined : JSON.parse(spent),
        totalBytes: Number(totalBytes ?? 0),
        images: Number(images ?? 0),
        lastRunAt: Number(lastRunAt ?? 0),
      }
    },

    async note(registry: string, spent: Spent, bytes: number): Promise<void> {
      await redis.hset(keyOf(registry, 'scrub'), 'spent', JSON.stringify(spent))
      if (bytes > 0) await redis.hincrby(keyOf(registry, 'scrub'), 'totalBytes', bytes)
    },

    async noteImage(registry: string): Promise<void> {
      await redis.hincrby(keyOf(registry, 'scrub'), 'images', 1)
    },

    async noteRun(registry: string, at: number): Promise<void> {
      await redis.hset(keyOf(registry, 'scrub'), 'lastRunAt', at)
    },

    /** When a content was read last, or 0. */
    async readAt(registry: string, digest: string): Promise<number> {
      return Number((await redis.zscore(keyOf(registry, 'scrubbed'), digestKey(digest))) ?? 0)
    },

    async noteRead(registry: string, digest: string, at: number): Promise<void> {
      const key = keyOf(registry, 'scrubbed')
      await redis.zadd(key, at, digestKey(digest))
      await redis.zremrangebyrank(key, 0, -MOST.contents - 1)
    },

    /** When an image could not be read to its end last, or 0. */
    async unreadAt(registry: string, digest: string): Promise<number> {
      return Number((await redis.zscore(keyOf(registry, 'scrub-unread'), digestKey(digest))) ?? 0)
    },

    async noteUnread(registry: string, digest: string, at: number): Promise<void> {
      const key = keyOf(registry, 'scrub-unread')
      await redis.zadd(key, at, digestKey(digest))
      await redis.zremrangebyrank(key, 0, -MOST.unread - 1)
    },

    /** Forgets what was read before `read`, and what could not be read before `unread`. */
    async forget(registry: string, { read, unread }: { read: number; unread: number }): Promise<void> {
      await redis.zremrangebyscore(keyOf(registry, 'scrubbed'), '-inf', `(${read}`)
      await redis.zremrangebyscore(keyOf(registry, 'scrub-unread'), '-inf', `(${unread}`)
    },

    /** How many contents were read since `since`. */
    readCount: (registry: string, since: number): Promise<number> =>
      redis.zcount(keyOf(registry, 'scrubbed'), since, '+inf'),

    /** These repositories come first, and all of their images are read again that were read before `at`. */
    async scrubFirst(registry: string, repositories: readonly string[], at: number): Promise<void> {
      const key = keyOf(registry, 'scrub-first')
      for (let i = 0; i < repositories.length; i += 500)
        await redis.zadd(key, ...repositories.slice(i, i + 500).flatMap((name) => [at, name]))
      await redis.zremrangebyrank(key, 0, -MOST.first - 1)
    },

    /** Those that come first, with when that was asked for. */
    async first(registry: string): Promise<{ repository: string; at: number }[]> {
      const found = await redis.zrange(keyOf(registry, 'scrub-first'), '0', '-1', 'WITHSCORES')
      return found.flatMap((name, n) => (n % 2 === 0 ? [{ repository: name, at: Number(found[n + 1]) }] : []))
    },

    /** All of its images were read. */
    async noteFirstDone(registry: string, repository: string): Promise<void> {
      await redis.zrem(keyOf(registry, 'scrub-first'), repository)
    },
  }
}
export type ScrubState = ReturnType<typeof makeScrubState>
