import { DelayedError, type Job, type Telemetry, Worker } from 'bullmq'
import type { Cluster, Redis } from 'ioredis'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { isRedisAway, isRedisRefusal } from '../platform/redis-away.ts'
import type { RedisOutage } from '../platform/redis-outage.ts'
import type { Jobs, QueueName } from './jobs.ts'
import { queuePrefix, retryDelay } from './queues.ts'

export interface WorkerContext {
  connection: Redis | Cluster
  prefix: string
  log: Logger
  outage: Pick<RedisOutage, 'takes'>
  metrics: Metrics
  /** Who traces jobs; absent if nobody does. */
  telemetry?: Telemetry | undefined
}

/**
 * How soon a dead worker's job runs again: its lock must expire first, and BullMQ must then look at the active jobs twice.
 * A living worker renews a lock after half of its time, so only a blocked or frozen process loses one. Jobs of the quick
 * queues take well under a second and may run twice at once: they are back within 10 s. Jobs of the other queues talk to
 * registries for minutes: they are back within 40 s.
 */
const QUICK: readonly QueueName[] = ['events', 'quota', 'alerts']
const LOCK_MS = { quick: 6_000, patient: 30_000 }
const LOOK_MS = { quick: 2_000, patient: 5_000 }

/**
 * How often a job's worker may die before the job fails. With BullMQ's default of 1, a second crash would give up
 * acknowledged events. A job that kills its workers fails in the end, except events.
 */
const MAX_STALLED = { events: Number.MAX_SAFE_INTEGER, others: 50 }

/** How long a worker waits after Redis refused it (loading, or full), in ms. BullMQ's default is 15 s. */
const ASK_AGAIN_MS = 1_000

/**
 * What BullMQ says of a job whose lock expired while it was in hand, or that Redis has lost: several times for each such job.
 */
const LOST_LOCK = /^(could not renew lock|Missing lock|Missing key|Lock mismatch) for job/

/** How often to log that jobs lost their locks, in ms. */
const LOST_LOCK_MS = 60_000

const JOB_OUTCOMES = ['completed', 'postponed', 'failed', 'given_up'] as const
type JobOutcome = (typeof JOB_OUTCOMES)[number]

/** A worker with the ids of the jobs in hand: taken, and not yet reported as done or failed. */
export type JobWorker<Data> = Worker<Data, unknown, string> & { readonly inHand: ReadonlySet<string> }

/** Starts a worker. BullMQ retries a job whose `process` throws, and keeps the result for whoever follows the job. */
export function makeWorker<Name extends QueueName>(
  name: Name,
  { connection, prefix, log, outage, metrics, telemetry }: WorkerContext,
  process: (data: Jobs[Name], job: Job<Jobs[Name], unknown, string>) => Promise<unknown>,
  {
    concurrency = 1,
    onGivenUp,
  }: {
    concurrency?: number
    /** Called for a job that has failed for good, also because its workers died. */
    onGivenUp?: (job: Job<Jobs[Name], unknown, string>, error: Error) => Promise<unknown>
  } = {},
): JobWorker<Jobs[Name]> {
  const pace = QUICK.includes(name) ? 'quick' : 'patient'
  const inHand = new Set<string>()
  const count = (outcome: JobOutcome) => metrics.jobAttempts.inc({ queue: name, outcome })
  for (const outcome of JOB_OUTCOMES) metrics.jobAttempts.inc({ queue: name, outcome }, 0)
  const run = async (job: Job<Jobs[Name], unknown, string>) => {
    const end = metrics.jobSeconds.startTimer({ queue: name })
    try {
      return await process(job.data, job)
    } catch (error) {
      // BullMQ emits nothing for a job that goes back to its queue.
      if (error instanceof DelayedError) {
        inHand.delete(job.id ?? '')
        count('postponed')
      }
      throw error
    } finally {
      end()
    }
  }
  const worker = new Worker<Jobs[Name], unknown, string>(name, run, {
    connection,
    prefix: queuePrefix(prefix),
    concurrency,
    skipVersionCheck: true,
    ...(telemetry && { telemetry }),
    lockDuration: LOCK_MS[pace],
    stalledInterval: LOOK_MS[pace],
    maxStalledCount: name === 'events' ? MAX_STALLED.events : MAX_STALLED.others,
    runRetryDelay: ASK_AGAIN_MS,
    settings: { backoffStrategy: (attemptsMade) => retryDelay(name, attemptsMade, Math.random()) },
  })
  worker.on('active', ({ id = '' }) => inHand.add(id))
  worker.on('completed', ({ id = '' }) => {
    inHand.delete(id)
    count('completed')
  })
  worker.on('failed', (job, error) => {
    inHand.delete(job?.id ?? '')
    count(job?.finishedOn === undefined ? 'failed' : 'given_up')
    // The job cannot help it, and all jobs of all queues fail.
    if (isRedisRefusal(error) && outage.takes(error)) return
    // An error that no attempt mends ends a job before its last one.
    const left = job && job.finishedOn === undefined ? (job.opts.attempts ?? 1) - job.attemptsMade : 0
    log.warn(
      { queue: name, job: job?.id, attemptsLeft: left, err: error },
      `a job of ${name} failed and ${left > 0 ? `has ${left} attempts left` : 'is given up'}: ${error.message}`,
    )
    if (job !== undefined && job.finishedOn !== undefined)
      onGivenUp?.(job, error).catch((err) =>
        log.warn({ queue: name, job: job.id, err }, 'nobody could be told that a job is given up'),
      )
  })
  let lostLockAt = Number.NEGATIVE_INFINITY
  worker.on('error', (error) => {
    // BullMQ repeats the errors of its connections here.
    if (outage.takes(error) || isRedisAway(error)) return
    if (!LOST_LOCK.test(error.message)) log.warn({ queue: name, err: error }, 'worker')
    else if (performance.now() - lostLockAt > LOST_LOCK_MS) {
      lostLockAt = performance.now()
      log.warn(
        { queue: name, reason: error.message },
        `jobs of ${name} lost their locks, since Redis was away or this process stood still: those that Redis still has run again`,
      )
    }
  })
  return Object.assign(worker, { inHand })
}
