import type { Item } from './items.ts'
import type { Criteria } from './zot-policy.ts'

/** A tag or an untagged manifest, with zot's statistics of its manifest. Times in epoch µs. */
export interface Candidate {
  item: Item
  pushedAt: number
  /** 0 if it was never pulled. */
  pulledAt: number
}

/** `undefined` if zot has no statistics: it keeps such an item, and does not count it. */
export function candidateOf(item: Item): Candidate | undefined {
  const { pushedAt, pulledAt } = item.image
  return pushedAt === null ? undefined : { item, pushedAt, pulledAt: pulledAt ?? 0 }
}

/**
 * The items that at least one criterion keeps, each with a reason (pkg/retention/rules.go). Times are compared strictly:
 * what was pushed exactly `pushedWithin` ago is not within it. `mostRecentlyPulledCount` counts what was never pulled as
 * well, after everything that was. zot leaves ties to chance; here the last push wins, then the name.
 */
export function keptBy(criteria: Criteria, candidates: readonly Candidate[], now: number): Map<Item, string> {
  const { mostRecentlyPulledCount, mostRecentlyPushedCount, pulledWithin, pushedWithin } = criteria
  const kept = new Map<Item, string>()
  const keep = (some: readonly Candidate[], reason: string) => {
    for (const { item } of some) if (!kept.has(item)) kept.set(item, reason)
  }
  if (pushedWithin !== undefined) {
    const within = candidates.filter(({ pushedAt }) => pushedAt > now - pushedWithin)
    keep(within, 'it was pushed within pushedWithin')
  }
  if (pulledWithin !== undefined) {
    // "ie: if the tag doesn't meet PulledWithin: "3days" and the image is 1day old then do not remove!"
    const within = candidates.filter(
      ({ pulledAt, pushedAt }) => Math.max(pulledAt, pushedAt) > now - pulledWithin,
    )
    keep(within, 'it was pulled or pushed within pulledWithin')
  }
  if (mostRecentlyPushedCount > 0) {
    const newest = candidates.toSorted(byPush).slice(0, mostRecentlyPushedCount)
    keep(newest, `it is among the ${mostRecentlyPushedCount} most recently pushed`)
  }
  if (mostRecentlyPulledCount > 0) {
    const newest = candidates.toSorted(byPull).slice(0, mostRecentlyPulledCount)
    keep(newest, `it is among the ${mostRecentlyPulledCount} most recently pulled`)
  }
  return kept
}

const nameOf = ({ tag, image }: Item): string => tag ?? image.digest
const byPush = (a: Candidate, b: Candidate): number =>
  b.pushedAt - a.pushedAt || (nameOf(a.item) < nameOf(b.item) ? -1 : 1)
const byPull = (a: Candidate, b: Candidate): number => b.pulledAt - a.pulledAt || byPush(a, b)
