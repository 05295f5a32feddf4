import type { JobType, Queue } from 'bullmq'
import type { Cluster, Redis } from 'ioredis'
import { QUEUE_NAMES } from './jobs.ts'
import type { Queues } from './queues.ts'

/**
 * The jobs that are not done, failed ones included, but for those that wait for receivers. `bytes` is their memory in Redis,
 * estimated.
 */
export interface Backlog {
  jobs: number
  bytes: number
}

/**
 * A chat or a program that is away for a day must not stop registries. How many messages a chat gets is limited, and how many
 * events wait (`MOST_WAITING` in outgoing/tell.ts).
 */
const COUNTED = QUEUE_NAMES.filter((name) => name !== 'alerts' && name !== 'outgoing')

const STATES = ['waiting', 'active', 'delayed', 'prioritized', 'failed'] as const satisfies JobType[]

/** A reading older than this, in ms, is renewed when somebody asks. */
const FRESH_MS = 1_000

/** The number of jobs of each state that are measured, and of those that are read because Redis does not measure. */
const SAMPLE = { measured: 16, read: 4 }

/** What Redis takes for a job beside its data, in bytes: names and values of some ten fields, and the entry in a list. */
const BESIDE_DATA = 600

/**
 * Reads the backlog: what the `events` queue works off makes others hold jobs. `last` gives the newest
 * reading at once, and starts a new one if that is old; there is no timer.
 *
 * The size of a job is what `MEMORY USAGE` says. If Redis refuses that command to this user, it is the length of the job's
 * data and 600 bytes.
 */
export function makeBacklog({ redis, queues }: { redis: Redis | Cluster; queues: Queues }) {
  let last: Backlog = { jobs: 0, bytes: 0 }
  let askedAt = Number.NEGATIVE_INFINITY
  let isMeasured = true

  async function bytesOf(queue: Queue, id: string): Promise<number> {
    if (isMeasured)
      try {
        // All fields: by default Redis looks at five, and may miss the one with the data.
        return Number(await redis.call('MEMORY', 'USAGE', queue.toKey(id), 'SAMPLES', 0))
      } catch (error) {
        if (!(error instanceof Error && REFUSED.test(error.message))) throw error
        isMeasured = false
      }
    const job = await queue.getJob(id)
    return job === undefined ? 0 : Buffer.byteLength(JSON.stringify(job.data)) + BESIDE_DATA
  }

  /** The mean memory of some jobs, spread evenly over a state's jobs. */
  async function meanBytes(queue: Queue, state: JobType, count: number): Promise<number> {
    const sampled = Math.min(count, isMeasured ? SAMPLE.measured : SAMPLE.read)
    const sizes = Array.from({ length: sampled }, async (_, n) => {
      const at = Math.floor((n * count) / sampled)
      const [id] = await queue.getRanges([state], at, at)
      return id === undefined ? 0 : bytesOf(queue, id)
    })
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0) / sampled
  }

  async function read(): Promise<Backlog> {
    askedAt = performance.now()
    const backlog = { jobs: 0, bytes: 0 }
    for (const name of COUNTED) {
      const queue: Queue = queues[name]
      const counts = await queue.getJobCounts(...STATES)
      for (const state of STATES) {
        const count = counts[state] ?? 0
        if (count === 0) continue
        backlog.jobs += count
        backlog.bytes += Math.round((await meanBytes(queue, state, count)) * count)
      }
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

/** The answers of a Redis that does not allow a command to this user, or does not know it. */
const REFUSED = /^(NOPERM|ERR unknown)/
