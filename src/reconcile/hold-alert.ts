import type { RegistryAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import { type Hold, holdText } from './hold.ts'

/** The alert about a hold. `readAt` (RFC 3339) is the reconcile's; a repeated run gives the same alert. */
export const holdAlert = (registry: string, hold: Hold, readAt: string): RegistryAlert => ({
  id: jobId('hold', registry, readAt),
  at: readAt,
  registry,
  event: 'reconcile.held',
  text: `${registry}: ${holdText(registry, hold)}`,
})
