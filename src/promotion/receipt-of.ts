import type { PromotionJob } from '../queue/jobs.ts'
import type { Copied } from './copy/copied.ts'
import type { GatesResult } from './gates/check-gates.ts'
import type { PromotionReceipt } from './receipt.ts'

/** Which promotion is attempted. */
export interface Attempted {
  /** The job's id: that of the promotion. */
  id: string
  /** When the promotion was asked for, epoch ms. */
  askedAt: number
}

/** The receipt of a promotion. `replaced` is what the tag named before, `lost` the platforms that only that was for, `at` when it ended. */
export function receiptOf(done: {
  job: PromotionJob
  attempt: Attempted
  copied: Copied
  gates: GatesResult
  replaced: string | undefined
  lost: string[]
  at: Date
}): PromotionReceipt {
  const { attempt, copied, replaced, lost } = done
  const { rule, by, claims, registry, repository, tag, digest, to } = done.job
  const { manifests, absent, leftOut, referrers, tags, leftBehind, blobs } = copied
  return {
    ...{ id: attempt.id, kind: 'promotion', by },
    at: done.at.toISOString(),
    askedAt: new Date(attempt.askedAt).toISOString(),
    ...(rule !== undefined && { rule }),
    ...(claims !== undefined && { claims }),
    from: { registry, repository, ...(tag !== undefined && { tag }) },
    ...{ to, digest },
    ...(replaced !== undefined && { replaced }),
    ...(lost.length > 0 && { lostPlatforms: lost }),
    ...{ manifests, absent, leftOut, referrers, tags, leftBehind, blobs },
    gates: done.gates.results.map(({ gate, state, why, evidence }) => ({
      gate,
      // Only of a tag that was written before a kill are all gates asked again, and may have shut.
      why: state === 'open' ? why : `it was open when the tag was written; after a restart: ${why}`,
      ...(evidence !== undefined && { evidence }),
    })),
  }
}
