import { jobId } from '../queue/job-id.ts'
import type { ReconcileJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'

/**
 * Asks for a reconcile: of each registry at most one runs and one waits. Resolves to the job's id. `delayMs`: so that what
 * asks for the same in a burst, as events of a registry that was restarted do, asks for one.
 */
export async function askReconcile(queues: Queues, request: ReconcileJob, delayMs = 0): Promise<string> {
  const { registry, dryRun } = request
  const id = jobId('reconcile', registry, String(dryRun))
  const job = await queues.reconcile.add('reconcile', request, {
    deduplication: { id, keepLastIfActive: true },
    delay: delayMs,
  })
  return job.id ?? ''
}

/** Has every registry reconciled each `everyMs` or never, and no other: one that left the configuration is not. */
export async function scheduleReconciles(
  queues: Queues,
  registries: readonly string[],
  everyMs: number | 'never',
): Promise<void> {
  const names = everyMs === 'never' ? [] : registries
  const wanted = new Set(names.map((name) => `reconcile-${name}`))
  for (const { key } of await queues.reconcile.getJobSchedulers())
    if (!wanted.has(key)) await queues.reconcile.removeJobScheduler(key)
  if (everyMs === 'never') return
  for (const registry of names) {
    // Restarts do not put it off.
    const present = await queues.reconcile.getJobScheduler(`reconcile-${registry}`)
    if (Number(present?.every) === everyMs) continue
    await queues.reconcile.upsertJobScheduler(
      `reconcile-${registry}`,
      { every: everyMs, startDate: Date.now() + everyMs },
      { name: 'reconcile', data: { registry, dryRun: false, reason: 'schedule' } },
    )
  }
}
