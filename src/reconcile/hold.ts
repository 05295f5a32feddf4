import { type Static, Type } from 'typebox'
import type { ReconcileJob } from '../queue/jobs.ts'
import type { ReconcileRun } from './ledger.ts'

/** A reconcile is held only if the index has more manifests of the registry than this. */
const FEW = 100

/** A reconcile that removed nothing, since too much was missing at the registry. */
export const Hold = Type.Object({
  missing: Type.Integer({ description: 'Manifests that the index has and the registry does not.' }),
  manifests: Type.Integer({ description: 'Manifests that the index had when the reconcile began.' }),
})
export type Hold = Static<typeof Hold>

/**
 * Whether a run that has read everything must not remove anything: more than half of what the index has is missing.
 * That looks more like a registry without its storage (say, an unmounted volume) than like deletions. Null if not, or if
 * the job accepts the loss.
 */
export function holdOf(
  { manifests, drift }: Pick<ReconcileRun, 'manifests' | 'drift'>,
  { acceptLoss }: Pick<ReconcileJob, 'acceptLoss'>,
): Hold | null {
  const missing = drift.manifestsGone
  return !acceptLoss && manifests > FEW && missing > manifests / 2 ? { missing, manifests } : null
}

/** The hold in words, and what to do about it. */
export const holdText = (registry: string, { missing, manifests }: Hold): string =>
  `nothing is removed: ${missing} of the ${manifests} manifests in the index are missing at the registry. ` +
  `If they were really deleted: tallyman reconcile ${registry} --accept-loss`
