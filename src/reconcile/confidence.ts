import { formatTimestamp } from '../platform/timestamp.ts'
import type { Gap } from './ledger.ts'

/**
 * How far the index of a registry can be believed, in words. It is exact since the last complete reconcile if no gap was
 * noted since. Each restart of a registry is a gap: it loses its queue of events (docs/registries.md, Delivery).
 */
export function confidenceOf({ exactSince, gaps }: { exactSince?: number; gaps: readonly Gap[] }): string {
  if (exactSince === undefined)
    return 'events may be missing since the beginning: no reconcile has read the whole registry yet'
  const [first, ...others] = gaps.toSorted((a, b) => a.since - b.since)
  if (first === undefined) return `exact since ${formatTimestamp(exactSince)}`
  // The last reconcile mended everything before it, even if the gap began earlier.
  const since = formatTimestamp(Math.max(first.since, exactSince))
  const more = others.length > 0 ? `, and ${others.length} more` : ''
  return `events may be missing since ${since}: ${first.reason}${more}`
}
