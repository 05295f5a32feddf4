import type { Queues } from '../queue/queues.ts'

/** Has every policy run each `everyMs`, and no other: a policy that left the configuration stops. */
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
      { every: options.everyMs },
      { name: 'expiry', data: { policy: name, dryRun: options.dryRun } },
    )
  }
}
