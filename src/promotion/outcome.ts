import type { GatesResult } from './gates/check-gates.ts'
import type { PromotionReceipt } from './receipt.ts'
import type { Attempted } from './receipt-of.ts'

/**
 * How an attempt ended. `waiting`: nothing is wrong, ask again at `again`, epoch ms. `dropped`: the image is not wanted any more.
 * `refused`: it will not be promoted, and somebody must be told.
 */
export type Outcome =
  | { state: 'promoted'; receipt: PromotionReceipt }
  | {
      state: 'waiting'
      why: string
      again: number
      seenAt?: number
      bytes?: number
      gates?: GatesResult['results']
    }
  | { state: 'dropped' | 'refused'; why: string; gates?: GatesResult['results'] }

/** How an attempt ended that did not promote the image. */
export type NotPromoted = Exclude<Outcome, { state: 'promoted' }>

/** One attempt of a job. */
export interface Attempt extends Attempted {
  /** Since when each look has found the tag on the image, epoch ms; `undefined` if the last one did not. */
  seenAt?: number | undefined
  /** Whether no other promotion to the same tag is in hand. */
  isMyTurn: () => Promise<boolean>
  /** The most bytes that an earlier attempt had at the target when it ended. */
  bytes?: number | undefined
  onProgress: (progress: { bytes: number; totalBytes: number }) => void
}

export const waiting = (why: string, again: number, seenAt?: number) => ({
  ...{ state: 'waiting' as const, why, again },
  ...(seenAt !== undefined && { seenAt }),
})
export const dropped = (why: string) => ({ state: 'dropped' as const, why })
export const refused = (why: string) => ({ state: 'refused' as const, why })

/** How soon a promotion asks whether it is its turn, in ms. */
export const TURN_MS = 1_000

/** For so long a promotion may wait for registries that ask it to, in ms. Then it counts as an attempt that failed. */
export const PATIENCE_MS = 86_400_000
