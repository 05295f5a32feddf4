import type { ImageId } from '../usage/read-reclaim.ts'
import type { Amount } from './amount.ts'
import type { Noticed } from './decision.ts'
import { type Doomed, dueOf, type Judgement } from './notice.ts'

/** What of a plan does not go now. Each has what goes with it, after what that belongs to. */
export interface Lots {
  /** Is announced now. */
  announced: Doomed[]
  /** Was announced, and its notice is not over. */
  waiting: Doomed[]
  /** Until when all of `waiting` is safe, epoch µs. */
  waitingUntil: number
}

/** `doomed` has each image after those that it belongs to. `now` and `notice` are in µs. */
export function lotsOf(
  doomed: readonly Doomed[],
  { toAnnounce, mayGo, standing }: Judgement,
  now: number,
  notice: number,
): Lots {
  const names = new Set(toAnnounce.map(({ name }) => name))
  const announced: Doomed[] = []
  const waiting: Doomed[] = []
  let first = Number.POSITIVE_INFINITY
  for (const image of doomed) {
    const { name, isAnnounced, parents } = image
    if (!isAnnounced && parents.some((parent) => names.has(parent))) names.add(name)
    if (names.has(name)) announced.push(image)
    else if (!mayGo.has(name)) {
      waiting.push(image)
      const announcement = standing.get(name)
      const due = announcement === undefined ? 0 : dueOf(announcement, notice)
      if (due > now) first = Math.min(first, due)
    }
  }
  return { announced, waiting, waitingUntil: Number.isFinite(first) ? first : now + notice }
}

/** Those that go whole. */
export const wholeImages = (lot: readonly Doomed[]): ImageId[] =>
  lot.filter(({ onlyTags }) => onlyTags === '')

export const amountOf = (lot: readonly Doomed[]): Amount => ({
  images: wholeImages(lot).length,
  tags: lot.reduce((sum, { onlyTags }) => sum + (onlyTags === '' ? 0 : onlyTags.split(' ').length), 0),
})

/** Adds up what waits in several projects. */
export const addNoticed = (one: Noticed | undefined, other: Noticed | undefined): Noticed | undefined =>
  one === undefined || other === undefined
    ? (one ?? other)
    : {
        images: one.images + other.images,
        tags: one.tags + other.tags,
        bytes: one.bytes + other.bytes,
        until: [one.until, other.until].toSorted()[0] ?? '',
      }
