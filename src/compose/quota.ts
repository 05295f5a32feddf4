import { quotaWorker } from '../../workers/quota.ts'
import { makeAskToEvict } from '../expiry/ask-to-evict.ts'
import { makeActionFacts } from '../history/action-facts.ts'
import { makeEnforce } from '../quota/enforce.ts'
import { recheckChanged } from '../quota/recheck-changed.ts'
import { projectIdsOf } from '../usage/project-sizes.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Has the flags looked at whose quotas changed in the configuration. */
export async function prepareQuota(parts: WorkerParts): Promise<void> {
  const registries = parts.registries.map(({ name }) => name)
  const { quotas } = parts.settings().config
  await recheckChanged({ ...parts, registries, quotas, idsOf: (registry) => projectIdsOf(parts, registry) })
}

/** Starts the worker that keeps flags. */
export const startQuota = (parts: WorkerParts) => {
  const onOver = makeAskToEvict({ queues: parts.queues, policies: () => parts.settings().expiry.policies })
  return quotaWorker(parts.context, makeEnforce({ ...parts, onOver, actionFacts: makeActionFacts(parts) }))
}
