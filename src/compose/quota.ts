import { quotaWorker } from '../../workers/quota.ts'
import { makeEnforce } from '../quota/enforce.ts'
import { recheckChanged } from '../quota/recheck-changed.ts'
import { projectIdsOf } from '../usage/project-sizes.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Starts the worker that keeps flags, and has the flags looked at whose quotas changed in the configuration. */
export async function startQuota(parts: WorkerParts) {
  const registries = parts.registries.map(({ name }) => name)
  const { quotas } = parts.config
  await recheckChanged({ ...parts, registries, quotas, idsOf: (registry) => projectIdsOf(parts, registry) })
  return quotaWorker(parts.context, makeEnforce(parts))
}
