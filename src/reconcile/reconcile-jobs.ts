import { jobId } from '../queue/job-id.ts'
import type { ReconcileJob } from '../queue/jobs.ts'
import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'
import type { Ledger } from './ledger.ts'

/** Asks for a reconcile that a person follows: each request has a job of its own. Returns its id. */
export async function requestReconcile(
  { queues, ledger }: { queues: Queues; ledger: Pick<Ledger, 'ask'> },
  request: Pick<ReconcileJob, 'registry' | 'dryRun' | 'acceptLoss'>,
): Promise<string> {
  if (!request.dryRun) await ledger.ask(request.registry)
  const { id = '' } = await queues.reconcile.add('reconcile', {
    ...{ ...request, origin: 'person', reason: 'request' },
  })
  return id
}

/**
 * Asks for a reconcile after something has happened. Of each registry at most one such job runs and one waits: a second
 * request joins the one that waits. With `delayMs` a burst of requests, as after a restart, becomes one job. Urgent ones join only
 * each other: one that waits for the pause would hold them up.
 */
export async function requestAutomaticReconcile(
  { queues, ledger }: { queues: Queues; ledger: Pick<Ledger, 'ask'> },
  { registry, reason, isUrgent = false }: Pick<ReconcileJob, 'registry' | 'reason' | 'isUrgent'>,
  delayMs: number,
): Promise<void> {
  await ledger.ask(registry)
  await queues.reconcile.add(
    'reconcile',
    {
      registry,
      dryRun: false,
      acceptLoss: false,
      origin: 'automatic',
      reason,
      ...(isUrgent && { isUrgent }),
    },
    {
      deduplication: {
        id: jobId(isUrgent ? 'urgent reconcile' : 'reconcile', registry),
        keepLastIfActive: true,
      },
      delay: delayMs,
    },
  )
}

/** The reason of the first reading of a registry, as people read it. */
export const FIRST_READING = 'the registry was never read before'

/** Asks for the first reading of each registry that was never read, unless a job for it waits or runs already. */
export async function requestFirstReadings(
  deps: { queues: Queues; ledger: Pick<Ledger, 'ask' | 'status'> },
  registries: readonly string[],
): Promise<void> {
  const jobs = await deps.queues.reconcile.getJobs(['active', 'waiting', 'delayed', 'prioritized'])
  const isAsked = (registry: string) =>
    jobs.some((job) => job?.data.registry === registry && job.data.origin !== 'schedule')
  for (const registry of registries)
    if ((await deps.ledger.status(registry)).lastReport === undefined && !isAsked(registry))
      await requestAutomaticReconcile(deps, { registry, reason: FIRST_READING }, 0)
}

/** Schedules a reconcile of each registry every `everyMs`. Removes the schedules of all other registries. */
export async function scheduleReconciles(
  queues: Queues,
  registries: readonly string[],
  everyMs: number | 'never',
): Promise<void> {
  const keys = new Set(everyMs === 'never' ? [] : registries.map(schedulerKey))
  for (const { key } of await queues.reconcile.getJobSchedulers())
    if (!keys.has(key)) await queues.reconcile.removeJobScheduler(key)
  if (everyMs === 'never') return
  for (const registry of registries) {
    const key = schedulerKey(registry)
    const scheduler = await queues.reconcile.getJobScheduler(key)
    // An upsert would start the interval anew, so that frequent restarts would put the reconcile off for ever.
    if (Number(scheduler?.every) === everyMs) continue
    await queues.reconcile.upsertJobScheduler(
      key,
      { every: everyMs, startDate: Date.now() + everyMs },
      {
        name: 'reconcile',
        data: { registry, dryRun: false, acceptLoss: false, origin: 'schedule', reason: 'schedule' },
        opts: OWN_TRACE,
      },
    )
  }
}

const schedulerKey = (registry: string): string => `reconcile-${registry}`
