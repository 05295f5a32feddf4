import { type Static, Type } from 'typebox'
import type { ReconcileJob } from '../queue/jobs.ts'
import type { ReconcileRun } from './ledger.ts'

/** A reconcile is held only if more manifests than this were looked for. */
const FEW = 100

/** A reconcile that removed nothing, since too much was missing at the registry. */
export const Hold = Type.Object({
  what: Type.Union([Type.Literal('manifests'), Type.Literal('tags')], {
    description: '`tags`: the manifests exist, but the registry has no tag on them any more.',
  }),
  missing: Type.Integer({ description: 'Manifests that are missing, or have lost all their tags.' }),
  manifests: Type.Integer({
    description: 'Manifests of the index that were looked for; for `tags`, on a tag.',
  }),
})
export type Hold = Static<typeof Hold>

/**
 * What a comparison says about the loss of a registry. A manifest is confirmed if it was read from the registry once or is
 * there now. What only events told is not: whoever may send events can make up any number of manifests.
 */
export interface Loss {
  /** Manifests that the index and the registry have. */
  found: number
  /** Manifests that the index has and the registry lacks, and the confirmed ones of them. */
  missing: number
  confirmedMissing: number
  /** Manifests that exist and have tags in the index, and those of them that have lost all their tags. */
  tagged: number
  untagged: number
}

export const NO_LOSS: Readonly<Loss> = {
  ...{ found: 0, missing: 0, confirmedMissing: 0, tagged: 0, untagged: 0 },
}

export const addLoss = (a: Loss, b: Loss): Loss => ({
  found: a.found + b.found,
  missing: a.missing + b.missing,
  confirmedMissing: a.confirmedMissing + b.confirmedMissing,
  tagged: a.tagged + b.tagged,
  untagged: a.untagged + b.untagged,
})

/**
 * Whether a run must not remove anything: of what it could read, more than half of the confirmed manifests are missing, or
 * more than half of the tagged ones have lost all their tags, or no manifest of a larger index was found at all. That looks
 * more like a registry without its storage (say, an unmounted volume) than like deletions. Null if not, or if the job
 * accepts the loss.
 */
export function holdOf(
  { manifests, loss }: Pick<ReconcileRun, 'manifests' | 'loss'>,
  { acceptLoss }: Pick<ReconcileJob, 'acceptLoss'>,
): Hold | null {
  if (acceptLoss) return null
  const isMost = (missing: number, all: number) => all > FEW && missing > all / 2
  const confirmed = loss.found + loss.confirmedMissing
  if (isMost(loss.confirmedMissing, confirmed))
    return { what: 'manifests', missing: loss.confirmedMissing, manifests: confirmed }
  if (loss.found === 0 && loss.missing > 0 && manifests > FEW)
    return { what: 'manifests', missing: loss.missing, manifests: loss.missing }
  if (isMost(loss.untagged, loss.tagged))
    return { what: 'tags', missing: loss.untagged, manifests: loss.tagged }
  return null
}

/** The hold in words, and what to do about it. */
export const holdText = (registry: string, { what, missing, manifests }: Hold): string =>
  (what === 'manifests'
    ? `nothing is removed: ${missing} of the ${manifests} manifests that were looked for are missing at the registry. `
    : `nothing is removed: ${missing} of the ${manifests} tagged manifests have lost all their tags at the registry. `) +
  `If they were really deleted: tallyman reconcile ${registry} --accept-loss`
