import type { Queues } from '../queue/queues.ts'

/**
 * Schedules every policy to run each `everyMs`, and removes the schedules of policies that are no longer configured. A new
 * policy runs for the first time after `everyMs`: until then people can look at its plan. A restart does not postpone a run.
 */
export async function schedulePolicies(
  queues: Queues,
  policies: readonly { name: string }[],
  options: { everyMs: number; dryRun: boolean },
): Promise<void> {
  const wanted = new Set(policies.map(({ name }) => `expiry-${name}`))
  for (const { key } of await queues.expiry.getJobSchedulers()) {
    if (!wanted.has(key)) await queues.expiry.removeJobScheduler(key)
  }
  for (const { name } of policies) {
    await queues.expiry.upsertJobScheduler(
      `expiry-${name}`,
      // BullMQ uses the start date only for a new or changed schedule.
      { every: options.everyMs, startDate: Date.now() + options.everyMs },
      { name: 'expiry', data: { policy: name, dryRun: options.dryRun, acceptShare: false } },
    )
  }
}
