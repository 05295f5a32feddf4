import { expiryWorker } from '../../workers/expiry.ts'
import { schedulePolicies } from '../expiry/schedule.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Schedules the expiry policies. */
export async function prepareExpiry({ settings, queues }: WorkerParts): Promise<void> {
  await schedulePolicies(queues, settings().config.expiry.policies)
}

/** Starts the worker that runs the expiry policies. */
export function startExpiry(parts: WorkerParts) {
  parts.onClose(async () => parts.expiry.stop())
  return expiryWorker(parts.context, parts.expiry)
}
