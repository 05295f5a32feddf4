import type { RegistryAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'

/** The alert about runs that delete nothing, since it is not known what is protected: one a day for a registry. `at` is RFC 3339. */
export const blockedAlert = (
  { policy, registry, at }: { policy: string; registry: string; at: string },
  failures: readonly string[],
): RegistryAlert => ({
  id: jobId('expiry blocked', registry, at.slice(0, 'YYYY-MM-DD'.length)),
  ...{ at, registry, event: 'expiry.blocked' as const },
  text: `${registry}: the expiry policy "${policy}" deletes nothing: ${failures.join('; ')}`,
})
