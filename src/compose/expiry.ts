import { expiryWorker } from '../../workers/expiry.ts'
import { schedulePolicies } from '../expiry/schedule.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Schedules the expiry policies. */
export async function prepareExpiry({ settings, queues }: WorkerParts): Promise<void> {
  const { policies, every, dryRun } = settings().config.expiry
  await schedulePolicies(queues, policies, { everyMs: every, dryRun })
}

/** Starts the worker that runs the expiry policies. */
export function startExpiry(parts: WorkerParts) {
  parts.onClose(async () => parts.expiry.stop())
  return expiryWorker(parts.context, {
    ...parts.expiry,
    run(...asked) {
      // What is in use is read anew at the beginning of a run.
      parts.inUse.renew()
      return parts.expiry.run(...asked)
    },
  })
}
