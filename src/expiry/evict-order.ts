import { formatDuration, formatSize } from '../platform/units.ts'
import { isDated } from '../usage/age.ts'
import type { Freed } from '../usage/reclaim.ts'
import type { Family, LastUse } from './evict-families.ts'

export const EVICT_ORDERS = ['least-recently-used', 'oldest', 'largest-reclaimable'] as const
export type EvictOrder = (typeof EVICT_ORDERS)[number]

/**
 * How old images must certainly be, in µs, before they count as unused although a later use of them may be unknown: 90 days
 * (docs/expiry.md, Eviction).
 */
export const UNKNOWN_USE_MIN_AGE = 90 * 86_400_000_000

/** Why a family may not be evicted, as half a sentence that goes on from the image. `undefined` if it may. */
export function reasonToSpare(
  { tier, age, lastUse }: Family,
  { order, now, unknownUseMinAge }: { order: EvictOrder; now: number; unknownUseMinAge: number },
): string | undefined {
  if (tier === undefined) return 'it is in no tier'
  if (age.at === 0) return 'its age is not known'
  if (Math.max(age.at, lastUse.at) > now) return 'it was pushed or pulled in the future: clocks differ'
  // A bound is enough: the images are at least that old.
  if (order === 'least-recently-used' && !lastUse.isKnown && now - age.at < unknownUseMinAge)
    return `its last use is not known, and it is not known to be over ${formatDuration(unknownUseMinAge / 1000)} old`
  return undefined
}

/** Whether a family is evicted before another of its tier, if both free as much. Never undecided. */
export function isEarlier(order: EvictOrder, a: Family, b: Family): boolean {
  if (order === 'least-recently-used') {
    if (a.lastUse.isKnown !== b.lastUse.isKnown) return a.lastUse.isKnown
    if (a.lastUse.at !== b.lastUse.at) return a.lastUse.at < b.lastUse.at
  }
  // A bound stands where it certainly is older than what comes later. Of equal times the one that may be older is first.
  if (a.age.at !== b.age.at) return a.age.at < b.age.at
  if (isDated(a.age) !== isDated(b.age)) return isDated(b.age)
  const [root, other] = [a.root, b.root]
  return root.digest === other.digest ? root.repository < other.repository : root.digest < other.digest
}

/** Why a family was chosen: half a sentence that goes on from the image. */
export function reasonToEvict(
  { lastUse, age }: Family,
  { order, now, freed }: { order: EvictOrder; now: number; freed: Freed },
): string {
  const ago = (at: number) => `${formatDuration((now - at) / 1000)} ago`
  const old = `it is ${isDated(age) ? '' : 'at least '}${formatDuration((now - age.at) / 1000)} old`
  const because = {
    'least-recently-used': lastUse.isKnown
      ? knownUse(lastUse, ago)
      : `${unknownUse(lastUse, ago)}, and ${old}`,
    oldest: old,
    'largest-reclaimable': 'others free less',
  }
  return `the project is over its quota: it frees ${formatSize(freed.uniqueBytes)}, and ${because[order]}`
}

function knownUse({ what, at }: LastUse, ago: (at: number) => string): string {
  if (what === 'pulled') return `it was last pulled ${ago(at)}`
  const since = {
    pushed: 'it was pushed',
    seen: 'it was first seen',
    heard: 'pulls of its registry are heard,',
  }
  return `it was not pulled since ${since[what]} ${ago(at)}`
}

function unknownUse({ what, at }: LastUse, ago: (at: number) => string): string {
  if (what === 'pulled') return `the last pull that is known was ${ago(at)}`
  return what === 'pushed' ? 'no pull since its last push is known' : 'no pull of it is known'
}
