import type { Cluster, Redis } from 'ioredis'
import type { QueueName } from './jobs.ts'
import type { Queues } from './queues.ts'

/** The jobs of a queue that are not done, failed ones included. `bytes` is their memory in Redis, estimated. */
export interface Backlog {
  jobs: number
  bytes: number
}

const STATES = ['waiting', 'active', 'delayed', 'failed'] as const

/** A reading older than this, in ms, is renewed when somebody asks. */
const FRESH_MS = 1_000

/** The number of jobs of each state that are measured. */
const SAMPLE = 16

/**
 * Reads a queue's backlog. `last` gives the newest reading at once, and starts a new one if that is old; there is no
 * timer.
 */
export function makeBacklog(options: { redis: Redis | Cluster; queues: Queues; queue: QueueName }) {
  const { redis } = options
  const queue = options.queues[options.queue]
  let last: Backlog = { jobs: 0, bytes: 0 }
  let askedAt = Number.NEGATIVE_INFINITY

  /** The mean memory of `SAMPLE` jobs, spread evenly over a state's jobs. */
  async function meanBytes(state: (typeof STATES)[number], count: number): Promise<number> {
    const measured = Math.min(count, SAMPLE)
    const sizes = Array.from({ length: measured }, async (_, n) => {
      const at = Math.floor((n * count) / measured)
      const [id] = await queue.getRanges([state], at, at)
      return id === undefined ? 0 : Number(await redis.call('MEMORY', 'USAGE', queue.toKey(id)))
    })
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / measured
  }

  async function read(): Promise<Backlog> {
    askedAt = performance.now()
    const counts = await queue.getJobCounts(...STATES)
    const backlog = { jobs: 0, bytes: 0 }
    for (const state of STATES) {
      const count = counts[state] ?? 0
      if (count === 0) continue
      backlog.jobs += count
      backlog.bytes += Math.round((await meanBytes(state, count)) * count)
    }
    last = backlog
    return backlog
  }

  return {
    read,
    last(): Backlog {
      // While Redis is away the last reading stands: nothing can be added either.
      if (performance.now() - askedAt > FRESH_MS) read().catch(() => undefined)
      return last
    },
  }
}
