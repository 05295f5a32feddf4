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
}

/** Adds an image of a plan. */
export function addToTotals(
  totals: PlanTotals,
  { verdict, untag = [], reclaimableBytes }: PlannedImage,
): void {
  totals[verdict === 'delete' ? 'deletes' : 'kept'] += 1
  totals.untags += untag.length
  if (verdict !== 'keep' && reclaimableBytes !== undefined)
    totals.bytes = (totals.bytes ?? 0) + reclaimableBytes
}

/** Such as `delete 3 images and 1 single tag (1.2 GiB), keep 12 images`. */
export const totalsText = ({ deletes, untags, kept, bytes }: PlanTotals): string =>
  `delete ${amountText({ images: deletes, tags: untags, bytes })}, keep ${imagesText(kept)}`
