import type { Birth, Counts } from './counts.ts'

/** A start that differs by less than this, in seconds, is the same: the kernel's time of boot is rounded. */
const ROUNDED_S = 2

/** How many garbage collections a process of Go remembers. */
const REMEMBERED = 256

export interface Seen {
  counts: Counts
  birth: Birth
}

/**
 * Whether the process that was read at an address before is the one that is there now. Each registry process counts from 0, so
 * no count of it ever falls. A process of Go also tells when its last garbage collections were: one of before is still among
 * them, unless there were hundreds since.
 */
export function isSameProcess(before: Seen, now: Seen & { recentCollections: readonly number[] }): boolean {
  const fell = (a: number | undefined, b: number | undefined) => a !== undefined && b !== undefined && b < a
  if (fell(before.counts.events, now.counts.events)) return false
  if (fell(before.counts.successes, now.counts.successes)) return false
  const [old, young] = [before.birth, now.birth]
  if (old.startedAt !== undefined && young.startedAt !== undefined)
    return Math.abs(old.startedAt - young.startedAt) < ROUNDED_S
  if (fell(old.allocated, young.allocated) || fell(old.collections, young.collections)) return false
  const { lastCollection, collections = 0 } = old
  const since = (young.collections ?? 0) - collections
  if (lastCollection === undefined || since >= REMEMBERED || now.recentCollections.length === 0) return true
  return now.recentCollections.includes(lastCollection)
}

/** Since when a process has been there at least, epoch µs; `undefined` if nothing tells. */
export function thereSince(
  { startedAt, collections = 0 }: Birth,
  recentCollections: readonly number[],
): number | undefined {
  if (startedAt !== undefined) return startedAt * 1_000_000
  if (recentCollections.length === 0) return undefined
  // It has forgotten the first ones: it is not young.
  if (collections > REMEMBERED) return 0
  return Math.min(...recentCollections) / 1_000
}
