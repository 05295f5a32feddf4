import { formatTimestamp } from '../platform/timestamp.ts'
import type { Gap } from './ledger.ts'

/**
 * How far the index of a registry can be believed, in words. It is exact since a reconcile, as long as no reason is
 * known for which events may have been lost since: a registry loses its queue at every restart (docs/registries.md, Delivery).
 */
export function confidenceOf({ exactSince, gaps }: { exactSince?: number; gaps: readonly Gap[] }): string {
  if (exactSince === undefined)
    return 'events may be missing since the beginning: it was never reconciled as a whole'
  const [first, ...others] = gaps.toSorted((a, b) => a.since - b.since)
  if (first === undefined) return `exact since ${formatTimestamp(exactSince)}`
  // What came before the last reconcile was mended by it, whenever the gap began.
  const since = formatTimestamp(Math.max(first.since, exactSince))
  const more = others.length > 0 ? `, and ${others.length} more` : ''
  return `events may be missing since ${since}: ${first.reason}${more}`
}
