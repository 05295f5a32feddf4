import { type Age, type AgeSource, isDated } from '../usage/age.ts'
import { ageOfTag } from '../usage/age-of-tag.ts'
import type { IndexedImage, IndexedTag } from '../usage/indexed-image.ts'
import { type Finding, span } from './finding.ts'

/** What a rule looks at: a tag of an image, or an image without tags. */
export interface Item {
  image: IndexedImage
  tag: IndexedTag | undefined
  /** The image and all that it lists. */
  whole: readonly IndexedImage[]
}

/** What is known of the pulls of a registry. */
export interface KnownUse {
  /** Why no rule about use applies, such as `its registry sends no pulls`; `undefined` if pulls are heard. */
  unheard?: string | undefined
  /** Whether no use escapes: the registry's `pulls` are `complete`, or `inUse` tells what runs. */
  isComplete: boolean
  /** Whether `inUse` tells what runs. */
  isListed?: boolean | undefined
  /** Since when they are heard, epoch µs. */
  since: number
}

/** From this age on, a rule about use may expire an image though its registry's pulls are only partly known: 90 days, in µs. */
export const PARTIAL_US = 90 * 86_400_000_000

/**
 * The age of an item: since the latest push of it, by digest or by tag, or of a part. A source that `trust` lacks tells only
 * that the image was there when it was first seen.
 */
export function ageOfItem({ image, tag, whole }: Item, trust?: readonly AgeSource[]): Age {
  const trusted = (age: Age, heardSince: number): Age =>
    trust === undefined || !isDated(age) || trust.includes(age.source)
      ? age
      : { at: Math.max(age.at, heardSince), source: 'seen' }
  let latest = trusted(tag === undefined ? image.age : ageOfTag(image, tag), image.heardSince)
  for (const part of whole) {
    const age = trusted(part.age, part.heardSince)
    // Of equal times the one that is not only a bound.
    if (age.at > latest.at || (age.at === latest.at && isDated(age))) latest = age
  }
  return latest
}

/** Whether any time of an item is after `now`: then clocks differ. */
export const isInFuture = ({ tag, whole }: Item, now: number): boolean =>
  (tag !== undefined && tag.age.at > now) ||
  whole.some(({ age, heardSince, pulledAt }) => age.at > now || heardSince > now || pulledAt > now)

/** A bound is enough for a rule to apply: the image is at least that old. Times in µs. */
export function isOlder(now: number, age: Age, bound: number): Finding {
  const since = span(now - age.at)
  const isOld = now - age.at > bound
  if (!isDated(age))
    return isOld
      ? { holds: true, because: `it is at least ${since} old` }
      : { holds: undefined, because: `its age is not known: it was first seen ${since} ago` }
  const because = age.source === 'image' ? `it was built ${since} ago` : `it is ${since} old`
  return { holds: isOld, because: isOld ? because : `${because}, not over ${span(bound)}` }
}

/** A time from which on an image may count as unused. */
export interface Use {
  at: number
  /** A sentence has these two around how long it is since then. */
  what: string
  end: string
}

/**
 * The latest use of an item that there was, or may have been. Pulls from before `heardSince` are not known, nor are those from
 * before the registry's pulls were heard, so these times count as well. So does the time at which a fresh tag is first seen:
 * somebody has set it.
 */
export function useOfItem({ tag, whole }: Item, { since }: Pick<KnownUse, 'since'>): Use {
  let latest: Use = { at: since, what: 'pulls of its registry are known only for the last', end: '' }
  const add = (at: number, what: string, end = ' ago'): void => {
    if (at > latest.at) latest = { at, what, end }
  }
  for (const { age, heardSince, pulledAt } of whole) {
    if (age.source === 'event') add(heardSince, 'it was pushed')
    else add(heardSince, 'it was first seen', ' ago, and pulls from before are not known')
    if (isDated(age)) add(age.at, 'it was pushed')
    add(pulledAt, 'it was pulled')
  }
  if (tag !== undefined) add(tag.age.at, isDated(tag.age) ? 'it was pushed' : 'its tag was first seen')
  return latest
}

/** The latest time at which an item was used for certain, epoch µs; 0 for never. */
export const certainUseOf = ({ tag, whole }: Item): number =>
  Math.max(
    ...whole.flatMap(({ age, pulledAt }) => [pulledAt, isDated(age) ? age.at : 0]),
    tag !== undefined && isDated(tag.age) ? tag.age.at : 0,
  )

/** Why the use of an item is no ground to expire it; `undefined` if it is. */
export function useIsUnknown(known: KnownUse, isOldEnough: boolean): string | undefined {
  if (known.unheard !== undefined) return known.unheard
  if (known.isComplete || isOldEnough) return undefined
  return 'some pulls may be unknown (pulls: partial), and it may be younger than 90 days'
}

/** Times in µs. */
export function isUnused(now: number, { at, what, end }: Use, bound: number): Finding {
  const idle = now - at
  return idle > bound
    ? { holds: true, because: `it was not used for ${span(idle)}` }
    : { holds: false, because: `${what} ${span(idle)}${end}` }
}
