import type { PlannedImage } from '../expiry/planned-image.ts'
import { formatSize } from '../platform/units.ts'

/** What a plan comes to. `bytes` is what comes back; `undefined` if the plan does not tell it. */
export interface PlanTotals {
  deletes: number
  untags: number
  kept: number
  bytes?: number
}

/** Adds an image of a plan. */
export function addToTotals(totals: PlanTotals, { verdict, reclaimableBytes }: PlannedImage): void {
  totals[verdict === 'delete' ? 'deletes' : verdict === 'untag' ? 'untags' : 'kept'] += 1
  if (verdict !== 'keep' && reclaimableBytes !== undefined)
    totals.bytes = (totals.bytes ?? 0) + reclaimableBytes
}

/** Such as `delete 3, take tags off 1, keep 12; this frees 1.2 GiB`. */
export function totalsText({ deletes, untags, kept, bytes }: PlanTotals): string {
  const untagText = untags > 0 ? `, take tags off ${untags}` : ''
  return `delete ${deletes}${untagText}, keep ${kept}${bytes === undefined ? '' : `; this frees ${formatSize(bytes)}`}`
}
