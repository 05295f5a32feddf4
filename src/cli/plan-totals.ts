import { amountText, imagesText } from '../expiry/amount.ts'
import type { PlannedImage } from '../expiry/planned-image.ts'

/** What a plan comes to. `bytes` is what comes back; `undefined` if the plan does not tell it. */
export interface PlanTotals {
  /** Images that go. */
  deletes: number
  /** Tags that go alone. */
  untags: number
  /** Images that stay, also those that lose a tag. */
  kept: number
  bytes?: number
  /** Of a policy that gives notice. */
  notice?: {
    /** Images that go, or lose a tag, and were announced; and those that the next run announces. */
    announced: number
    unannounced: number
    /** When the first of `announced` may go, RFC 3339. Absent if there is none. */
    goesFrom?: string
  }
}

/** Adds an image of a plan. */
export function addToTotals(
  totals: PlanTotals,
  { verdict, untag = [], reclaimableBytes, goesFrom }: PlannedImage,
): void {
  totals[verdict === 'delete' ? 'deletes' : 'kept'] += 1
  totals.untags += untag.length
  if (verdict !== 'keep' && reclaimableBytes !== undefined)
    totals.bytes = (totals.bytes ?? 0) + reclaimableBytes
  if (goesFrom === undefined) return
  totals.notice ??= { announced: 0, unannounced: 0 }
  totals.notice[goesFrom === null ? 'unannounced' : 'announced'] += 1
  if (goesFrom !== null && !(Date.parse(totals.notice.goesFrom ?? '') <= Date.parse(goesFrom)))
    totals.notice.goesFrom = goesFrom
}

/** Such as `delete 3 images and 1 single tag (1.2 GiB), keep 12 images`. */
export const totalsText = ({ deletes, untags, kept, bytes }: PlanTotals): string =>
  `delete ${amountText({ images: deletes, tags: untags, bytes })}, keep ${imagesText(kept)}`
