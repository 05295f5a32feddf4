import type { Job } from 'bullmq'
import type { ReconcileJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { Ledger } from './ledger.ts'
import { FIRST_READING } from './reconcile-jobs.ts'
import type { ReconcileReport } from './report.ts'

/** What a job of the `reconcile` queue does now. */
export type Turn =
  | { kind: 'run' }
  /** A run that began after the job was asked for has answered it: this is its report. */
  | { kind: 'share'; report: ReconcileReport }
  /** Try again after so many ms. */
  | { kind: 'wait'; ms: number }

type AnyJob = Pick<Job<ReconcileJob>, 'id' | 'data' | 'timestamp' | 'opts'>

/** How long a job waits before it looks again whether the one before it is done, in ms. */
const LOOK_MS = 2_000

/**
 * Lets one reconcile of a registry run at a time, whoever asked for it, in all worker processes together. The first of the
 * registry's active jobs runs: the list of active jobs is one list in Redis, so all processes see the same order. A killed
 * worker's job is among the active ones until BullMQ puts it back into the queue.
 */
export function makeTurn(deps: {
  queues: Pick<Queues, 'reconcile'>
  ledger: Pick<Ledger, 'asked' | 'status'>
  /** An automatic reconcile that is not urgent begins this long after the last one ended, or later. In ms. */
  pauseMs: number
  /** epoch ms */
  now: () => number
}) {
  return async function turnOf(job: AnyJob): Promise<Turn> {
    const { registry, dryRun, acceptLoss, origin, isUrgent } = job.data
    // Oldest first.
    const active = await deps.queues.reconcile.getJobs(['active'], 0, -1, true)
    const first = active.find((one) => one?.data.registry === registry)
    if (first !== undefined && first.id !== job.id) return { kind: 'wait', ms: LOOK_MS }
    if (dryRun || acceptLoss) return { kind: 'run' }

    const [asked, { covered, lastReport }] = await Promise.all([
      deps.ledger.asked(registry),
      deps.ledger.status(registry),
    ])
    if (lastReport === undefined) return { kind: 'run' }
    const finishedAt = Date.parse(lastReport.finishedAt)
    // The schedule asks by its time. All others have asked before they added their job.
    const dueAt = origin === 'schedule' ? job.timestamp + (job.opts.delay ?? 0) : 0
    if (covered >= asked && finishedAt >= dueAt) return { kind: 'share', report: lastReport }
    const ms = finishedAt + deps.pauseMs - deps.now()
    // A registry gets its webhook about when it is first read. What happened in between is read at once, too.
    const mayFollow = origin !== 'automatic' || isUrgent || lastReport.reason === FIRST_READING
    return mayFollow || ms <= 0 ? { kind: 'run' } : { kind: 'wait', ms }
  }
}
