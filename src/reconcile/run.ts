import type { ReconcileJob } from '../queue/jobs.ts'
import { addDrift, type Drift, NO_DRIFT } from './drift.ts'
import { addLoss, holdOf, type Loss, NO_LOSS } from './hold.ts'
import type { ReconcileRun } from './ledger.ts'
import type { ReadingFailure, RegistryReader, RepositoryReading, Unreadable } from './reading.ts'
import type { ReconcileReport } from './report.ts'

/** Failures listed in the report. The others are only counted. */
const FAILURES_LISTED = 20
/** Unreadable images listed in the report. The others are only counted. */
const UNREADABLE_LISTED = 50
/** Witnesses of a run. Some may be deleted while it reads; hardly all of them. */
const WITNESSES = 10

/** A repository that was compared. */
export interface Compared {
  reading: RepositoryReading
  drift: Drift
  loss: Loss
}

export const newRun = (
  begin: Pick<ReconcileRun, 'id' | 'covers' | 'readAt' | 'firstReadAt' | 'manifests'>,
): ReconcileRun => ({
  ...begin,
  witnesses: [],
  repositories: 0,
  drift: NO_DRIFT,
  loss: NO_LOSS,
  failed: 0,
  failures: [],
  unreadable: { unreadable: 0, unreadableRepositories: 0, unreadableImages: [] },
})

/** What could not be read, and why. */
export const failureText = ({ repository, failure }: ReadingFailure): string =>
  `${repository ?? 'the list of repositories'}: ${failure}`

/** Adds a repository, or what could not be read, to the run. */
export function count(run: ReconcileRun, result: Compared | ReadingFailure): void {
  if ('failure' in result) {
    addFailure(run, failureText(result))
    if (result.repository !== undefined) run.after = result.repository
    return
  }
  const { repository, manifests, unreadable } = result.reading
  run.after = repository
  run.repositories++
  run.drift = addDrift(run.drift, result.drift)
  run.loss = addLoss(run.loss, result.loss)
  const [first] = manifests
  if (first !== undefined && run.witnesses.length < WITNESSES)
    run.witnesses.push({ repository, digest: first.digest })
  if (unreadable.length > 0) countUnreadable(run.unreadable, repository, unreadable)
}

export function addFailure(run: ReconcileRun, failure: string): void {
  run.failed++
  if (run.failures.length < FAILURES_LISTED) run.failures.push(failure)
}

function countUnreadable(
  counts: ReconcileRun['unreadable'],
  repository: string,
  unreadable: readonly Unreadable[],
): void {
  counts.unreadableRepositories++
  counts.unreadable += unreadable.length
  const listed = unreadable.map((one) => {
    const image = 'tag' in one ? one.tag : one.digest
    return { repository, image, reason: one.reason }
  })
  counts.unreadableImages.push(...listed.slice(0, UNREADABLE_LISTED - counts.unreadableImages.length))
}

/** The report of a run that is at its end. */
export function reportOf(
  run: ReconcileRun,
  job: ReconcileJob,
  end: {
    method: RegistryReader['method'] | 'events'
    finishedAt: number
    stored: ReconcileReport['stored']
    gitlab: ReconcileReport['gitlab'] | undefined
  },
): ReconcileReport {
  const { repositories, drift, failed, failures, unreadable } = run
  return {
    registry: job.registry,
    method: end.method,
    reason: job.reason,
    dryRun: job.dryRun,
    repositories,
    drift,
    hold: holdOf(run, job),
    failed,
    failures,
    ...unreadable,
    readAt: isoTime(run.readAt),
    finishedAt: isoTime(end.finishedAt),
    stored: end.stored,
    ...(end.gitlab && { gitlab: end.gitlab }),
  }
}

const isoTime = (us: number): string => new Date(us / 1000).toISOString()
