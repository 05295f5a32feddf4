import { jobId } from '../queue/job-id.ts'
import type { ReconcileJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'

/**
 * Adds a reconcile job and returns its id. For each registry at most one such job runs and one waits: a second request
 * joins the one that waits. With `delayMs` a burst of requests, as after a restart of a registry, becomes one job.
 */
export async function addReconcileJob(queues: Queues, request: ReconcileJob, delayMs = 0): Promise<string> {
  const { registry, dryRun } = request
  const id = jobId('reconcile', registry, String(dryRun))
  const job = await queues.reconcile.add('reconcile', request, {
    deduplication: { id, keepLastIfActive: true },
    delay: delayMs,
  })
  return job.id ?? ''
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
      { name: 'reconcile', data: { registry, dryRun: false, reason: 'schedule' } },
    )
  }
}

const schedulerKey = (registry: string): string => `reconcile-${registry}`
