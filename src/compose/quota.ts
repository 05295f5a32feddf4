import { quotaWorker } from '../../workers/quota.ts'
import { makeEnforce } from '../quota/enforce.ts'
import { recheck } from '../quota/recheck.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Starts the worker that keeps flags, and has every flag looked at: the configured quotas may have changed. */
export async function startQuota(parts: WorkerParts) {
  for (const { name } of parts.registries) await recheck(parts.queues, await parts.index.projects(name))
  return quotaWorker(parts.context, makeEnforce(parts))
}
