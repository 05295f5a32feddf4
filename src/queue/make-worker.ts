import { type Job, Worker } from 'bullmq'
import type { Cluster, Redis } from 'ioredis'
import type { Logger } from '../platform/log.ts'
import type { Jobs, QueueName } from './jobs.ts'
import { queuePrefix, retryDelay } from './queues.ts'

export interface WorkerContext {
  connection: Redis | Cluster
  prefix: string
  log: Logger
}

/**
 * How soon a dead worker's job is handed out again: once its lock has run out (ms), at the second look at the active
 * jobs after that. A job renews its lock every half of it while its process turns, so only a blocked or frozen process loses one.
 * Jobs of these queues take well under a second and may even run twice at once: back in 10 s at the latest.
 * The others' jobs talk to registries for minutes and are kept to one process more patiently: back in 40 s.
 */
const QUICK: readonly QueueName[] = ['events', 'quota', 'alerts']
const LOCK_MS = { quick: 6_000, patient: 30_000 }
const LOOK_MS = { quick: 2_000, patient: 5_000 }

/**
 * How often a job may meet a dying worker. Of BullMQ's own, 1, a second crash would give up what was acknowledged.
 * A job that is itself what kills workers is given up in the end, but never events.
 */
const MAX_STALLED = { events: Number.MAX_SAFE_INTEGER, others: 50 }

/** Until a worker asks again that was refused (Redis loading, or full), in ms; BullMQ's own is 15 s. */
const ASK_AGAIN_MS = 1_000

/** A worker that says which jobs it has in hand, by id: taken, and not yet reported as done or failed. */
export type JobWorker<Data> = Worker<Data, unknown, string> & { readonly inHand: ReadonlySet<string> }

/** Works a queue off with `process`: what it throws is BullMQ's to retry, what it gives is kept for who follows the job. */
export function makeWorker<Name extends QueueName>(
  name: Name,
  { connection, prefix, log }: WorkerContext,
  process: (data: Jobs[Name], job: Job<Jobs[Name], unknown, string>) => Promise<unknown>,
  concurrency = 1,
): JobWorker<Jobs[Name]> {
  const pace = QUICK.includes(name) ? 'quick' : 'patient'
  const worker = new Worker<Jobs[Name], unknown, string>(name, (job) => process(job.data, job), {
    connection,
    prefix: queuePrefix(prefix),
    concurrency,
    skipVersionCheck: true,
    lockDuration: LOCK_MS[pace],
    stalledInterval: LOOK_MS[pace],
    maxStalledCount: name === 'events' ? MAX_STALLED.events : MAX_STALLED.others,
    runRetryDelay: ASK_AGAIN_MS,
    settings: { backoffStrategy: (attemptsMade) => retryDelay(name, attemptsMade, Math.random()) },
  })
  const inHand = new Set<string>()
  worker.on('active', ({ id = '' }) => inHand.add(id))
  worker.on('completed', ({ id = '' }) => inHand.delete(id))
  worker.on('failed', (job, error) => {
    inHand.delete(job?.id ?? '')
    const left = job ? (job.opts.attempts ?? 1) - job.attemptsMade : 0
    log.warn({ queue: name, job: job?.id, attemptsLeft: left, err: error }, 'job failed')
  })
  worker.on('error', (error) => log.warn({ queue: name, err: error }, 'worker'))
  return Object.assign(worker, { inHand })
}
