import { expiryWorker } from '../../workers/expiry.ts'
import { schedulePolicies } from '../expiry/schedule.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Schedules the expiry policies and starts the worker that runs them. */
export async function startExpiry(parts: WorkerParts) {
  const { policies, every, dryRun } = parts.config.expiry
  await schedulePolicies(parts.queues, policies, { everyMs: every, dryRun })
  return expiryWorker(parts.context, parts.expiry)
}
