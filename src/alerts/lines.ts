import type { Cluster, Redis } from 'ioredis'
import { jobId } from '../queue/job-id.ts'

/** How long it is kept which message of a subject is the newest, in ms: a channel that is down is tried for a day. */
const KEPT_MS = 2 * 86_400_000

/** A message for a channel. */
export interface Place {
  channel: string
  /** The id of the job that sends it. */
  job: string
  subject: string
  /** When it happened, RFC 3339. */
  at: string
}

/** `now`: it is the turn of the message. `wait`: others are sent before it. `overtaken`: there is a newer one of its subject. */
export type Turn = { is: 'now' } | { is: 'overtaken' } | { is: 'wait'; before: number; first: string }

export interface Lines {
  /** Puts a message in the line of its channel, which is in the order of `at`. A message that is there stays where it is. */
  join(place: Place): Promise<void>
  turn(place: Place): Promise<Turn>
  /** Takes a message out of the line, and gives the job of the one that is first then. */
  leave(channel: string, job: string): Promise<string | undefined>
  /** How many messages wait, and when what the first one tells of happened, epoch ms. */
  waiting(channel: string): Promise<{ count: number; oldestAt?: number }>
}

/**
 * Lines in which messages wait for their channel, so that it gets one at a time, in order. The keys share a hash tag, so they
 * are in one slot of a Redis Cluster.
 */
export function makeLines({
  redis,
  prefix,
  now = Date.now,
}: {
  redis: Redis | Cluster
  prefix: string
  /** epoch ms */
  now?: () => number
}): Lines {
  const lineOf = (channel: string) => `${prefix}:{alerts}:line:${jobId(channel)}`
  const newestOf = (channel: string) => `${prefix}:{alerts}:newest:${jobId(channel)}`
  return {
    async join({ channel, job, subject, at }) {
      const ms = Date.parse(at)
      await redis.zadd(lineOf(channel), ms, job)
      await redis.zadd(newestOf(channel), 'GT', ms, jobId(subject))
      await redis.zremrangebyscore(newestOf(channel), '-inf', now() - KEPT_MS)
    },

    async turn({ channel, job, subject, at }) {
      const newest = await redis.zscore(newestOf(channel), jobId(subject))
      if (newest !== null && Number(newest) > Date.parse(at)) return { is: 'overtaken' }
      const [first = job] = await redis.zrange(lineOf(channel), '0', '0')
      if (first === job) return { is: 'now' }
      const before = await redis.zrank(lineOf(channel), job)
      return { is: 'wait', before: before ?? 1, first }
    },

    async leave(channel, job) {
      await redis.zrem(lineOf(channel), job)
      const [first] = await redis.zrange(lineOf(channel), '0', '0')
      return first
    },

    async waiting(channel) {
      const count = await redis.zcard(lineOf(channel))
      const [, at] = await redis.zrange(lineOf(channel), '0', '0', 'WITHSCORES')
      return { count, ...(at !== undefined && { oldestAt: Number(at) }) }
    },
  }
}
