import type { Pieces } from '../platform/pieces.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Reclaim } from '../usage/read-reclaim.ts'
import type { Freed } from '../usage/reclaim.ts'
import type { Family } from './evict-families.ts'
import { type EvictOrder, reasonToEvict, reasonToSpare, UNKNOWN_USE_MIN_AGE } from './evict-order.ts'
import { makeTaking, queueOf } from './evict-queue.ts'
import type { Selection } from './rule.ts'

/** How a policy evicts. */
export interface EvictSettings {
  /** The share of the limit that may stay, above 0, to 1 at most. */
  to: number
  order: EvictOrder
  /** Bytes that may stay in any case. */
  floor?: number | undefined
  /** What may go, the first ones first. Without them, all that no rule keeps. */
  tiers?: readonly Selection[] | undefined
}

/**
 * How many of a project's unique bytes an `evict` has to free. `to` is a fraction of the limit; all else is in bytes.
 * `uniqueBytes` is what the project holds once the rules of the policy have expired what they expire. 0 up to the limit.
 */
export function bytesToEvict(
  uniqueBytes: number,
  { limit, to, floor = 0 }: Pick<EvictSettings, 'to' | 'floor'> & { limit: number },
): number {
  return uniqueBytes > limit ? Math.max(0, uniqueBytes - Math.max(to * limit, floor)) : 0
}

export interface Evicted {
  family: Family
  /** What goes with it, the root first. Shared parts go with the last family that has them. */
  images: readonly IndexedImage[]
  /** In addition to what was evicted before it. */
  freed: Freed
  /** Half a sentence that goes on from the image. */
  reason: string
}

export interface Eviction {
  /** In the order in which they are to be deleted. */
  evicted: Evicted[]
  /** The sum over all of them. */
  freed: Freed
  /** Whether the project's unique bytes become few enough. */
  suffices: boolean
  /** Families that stay, and why: half a sentence each. */
  spared: { family: Family; reason: string }[]
}

/**
 * Chooses just enough of the families of a project to free `bytesToFree` unique bytes: tier by tier, each in order, and no
 * family that would free nothing. If all that may go is not enough, all of it goes. The order of `families` does not matter.
 *
 * How to call it: `reclaim.load` all images of the families; `reclaim.take` what the rules expire, which also says what is
 * left of the project; then `inPieces(evict(…))` with `bytesToEvict(…)`. When it ends, `reclaim` has what was chosen as gone.
 * It reads no clock and does no I/O. It takes O(n log n) for n references.
 */
export function* evict(request: {
  families: readonly Family[]
  bytesToFree: number
  order: EvictOrder
  reclaim: Pick<Reclaim, 'take' | 'putBack'>
  /** epoch µs */
  now: number
  /** Age in µs from which a family without a known last use may count as unused; 0 if a source tells what is in use. */
  unknownUseMinAge?: number
}): Pieces<Eviction> {
  const { families, bytesToFree, order, reclaim, now, unknownUseMinAge = UNKNOWN_USE_MIN_AGE } = request
  const taking = makeTaking(reclaim)
  const spared: Eviction['spared'] = []
  const eligible: Family[] = []
  for (const family of families) {
    taking.add(family)
    const reason = reasonToSpare(family, { order, now, unknownUseMinAge })
    if (reason === undefined) eligible.push(family)
    else spared.push({ family, reason })
    yield
  }

  const tiers = Map.groupBy(eligible, ({ tier = 0 }) => tier)
  const taken: Family[] = []
  let freed = 0
  let lastTier = 0
  for (const tier of [...tiers.keys()].sort((a, b) => a - b)) {
    if (freed >= bytesToFree) break
    lastTier = tier
    const queue = yield* queueOf(tiers.get(tier) ?? [], order, taking)
    while (freed < bytesToFree) {
      const family = queue.next()
      if (family === undefined) break
      freed += taking.take(family).freed.uniqueBytes
      taken.push(family)
      queue.noteTaken(family)
      yield
    }
  }

  // Some may have turned out not to be needed. Only with the largest first no order says that they go before the others.
  const isNeedless = ({ tier }: Family, bytes: number) =>
    bytes === 0 || (order === 'largest-reclaimable' && tier === lastTier && freed - bytes >= bytesToFree)
  const chosen = new Set(taken)
  for (const family of taken.toReversed()) {
    const bytes = -taking.putBack(family).uniqueBytes
    if (isNeedless(family, bytes)) {
      freed -= bytes
      chosen.delete(family)
      if (bytes === 0) spared.push({ family, reason: 'it would free nothing' })
    } else taking.take(family)
    yield
  }

  for (const family of chosen) {
    taking.putBack(family)
    yield
  }
  const evicted: Evicted[] = []
  for (const family of chosen) {
    const taken = taking.take(family)
    evicted.push({ family, ...taken, reason: reasonToEvict(family, { order, now, freed: taken.freed }) })
    yield
  }
  const stays = new Set(spared.map(({ family }) => family))
  for (const family of eligible)
    if (!chosen.has(family) && !stays.has(family))
      spared.push({ family, reason: 'enough others are evicted' })
  const sum = (key: keyof Freed) => evicted.reduce((total, { freed }) => total + freed[key], 0)
  return {
    evicted,
    freed: { uniqueBytes: sum('uniqueBytes'), registryBytes: sum('registryBytes') },
    suffices: freed >= bytesToFree,
    spared,
  }
}
