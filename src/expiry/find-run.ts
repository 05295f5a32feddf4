import { Value } from 'typebox/value'
import type { ExpiryJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { Progress, type RunSummary } from './decision.ts'
import { identityIn, type RunIdentity } from './run-id.ts'
import { type ExpiryRuns, summaryOf } from './runs.ts'
import { findUnfinished } from './stop-runs.ts'

/**
 * The run with this id as it stands now: by its record, and by its job until it has ended. The job tells first whether a
 * run was stopped, and how far it is. `undefined` if there is no such run.
 */
export async function findRun(
  deps: { runs: Pick<ExpiryRuns, 'get'>; queues: Pick<Queues, 'expiry'> },
  id: string,
): Promise<RunSummary | undefined> {
  const identity = identityIn(id)
  if (identity === undefined) return undefined
  const found = await findUnfinished(deps.queues, id)
  // After the job: a run that ends meanwhile has its record.
  const record = await deps.runs.get(id)
  if (found === undefined) return record && withoutJob(record)
  const { job, isActive } = found
  const run = record ?? notBegun(identity, job.data)
  if (!isActive) {
    const { stopped } = job.data
    return stopped === undefined
      ? { ...run, state: 'waiting' }
      : { ...run, state: 'stopped', stopped: `${stopped.by} stopped it at ${stopped.at}` }
  }
  if (run.state === 'done' || run.state === 'stopped') return run
  const { stopped: _, ...begun } = run
  const progress = Value.Check(Progress, job.progress) ? job.progress : run.progress
  return { ...begun, state: 'running', progress }
}

/** A run without a job has ended, whatever its record says: Redis may have lost the job. */
const withoutJob = (record: RunSummary): RunSummary =>
  hasEnded(record) ? record : { ...record, state: 'failed', stopped: record.stopped ?? 'its job is gone' }

/** Whether a record says that its run has ended. */
export const hasEnded = ({ state }: RunSummary): boolean => state !== 'running' && state !== 'waiting'

const notBegun = (identity: RunIdentity, { policy, registry, dryRun, projects, by }: ExpiryJob): RunSummary =>
  summaryOf({
    ...{ ...identity, policy, registry, dryRun, by, state: 'waiting', kept: 0, deletes: [] },
    ...(projects !== undefined && { projects }),
    progress: { planned: 0, plannedBytes: 0, done: 0, freedBytes: 0 },
  })
