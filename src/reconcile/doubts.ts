import { confidenceOf } from './confidence.ts'
import type { IndexStatus } from './ledger.ts'

/** How long an accepted event may wait before nothing is decided without it, in ms. */
export const WAITS_MS = 60_000

/** What has been accepted from a registry, and is not in the index yet. */
export interface Pending {
  /** When the oldest job that waits or is in hand was added, in epoch ms. */
  oldestAt: number | undefined
  /** Jobs that failed and are tried again later. */
  delayed: number
  /** Jobs that were given up. */
  failed: number
}

/**
 * Why nothing may be deleted at a registry by what the index says; `undefined` if there is no reason. The index must be
 * exact, and no event may wait for long. Of a pull-through cache nothing but its storage shows what it holds: without that,
 * its index counts as it is. `now` is epoch ms.
 */
export function doubtOf(
  status: Pick<IndexStatus, 'exact' | 'gaps' | 'lastReport'>,
  { oldestAt, delayed, failed }: Pending,
  now: number,
): string | undefined {
  const { exact, gaps, lastReport } = status
  const isEventsOnly = lastReport?.method === 'events'
  const isExact = exact !== undefined && gaps.length === 0 && !lastReport?.hold
  if (!isExact && !isEventsOnly)
    return `${confidenceOf(status)}${lastReport?.hold ? '' : '. A reconcile makes the index exact: tallyman reconcile'}`
  if (failed > 0) return `${failed} jobs with accepted events were given up: run or discard them first`
  if (delayed > 0) return `${delayed} jobs with accepted events failed, and are tried again later`
  if (oldestAt !== undefined && now - oldestAt > WAITS_MS)
    return `accepted events have been waiting for ${Math.round((now - oldestAt) / 1000)} seconds`
  return undefined
}
