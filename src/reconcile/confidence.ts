import { formatTimestamp } from '../platform/timestamp.ts'
import { holdText } from './hold.ts'
import type { IndexStatus, ReconcileRun } from './ledger.ts'

/** Whether a registry was read, in words. A registry without a token sends no events: it is only a target of promotions. */
export function stateOf(
  { lastReport }: Pick<IndexStatus, 'lastReport'>,
  { run, isSource }: { run: ReconcileRun | undefined; isSource: boolean },
): string {
  if (!isSource) return 'target only'
  if (lastReport !== undefined) return 'read'
  if (run === undefined) return 'not read yet'
  const of = run.listed === undefined ? '' : ` of ${run.listed}`
  return `reading, ${run.repositories}${of} repositories`
}

/**
 * Whether the index of a registry is exact since its last reconcile, but for images that could not be read, and all its images
 * are whole as far as is known.
 */
export const isExact = ({
  exact,
  gaps,
  lastReport,
  broken = 0,
}: Pick<IndexStatus, 'exact' | 'gaps' | 'lastReport' | 'broken'>): boolean =>
  exact !== undefined &&
  gaps.length === 0 &&
  !lastReport?.hold &&
  lastReport?.method !== 'events' &&
  broken === 0

/**
 * How far the index of a registry can be believed, in words. It is exact since the last complete reconcile if no gap was
 * noted since. Each restart of a registry is a gap: it loses its queue of events (docs/registries.md, Delivery).
 */
export function confidenceOf({
  exact,
  gaps,
  lastReport,
  broken = 0,
}: Pick<IndexStatus, 'exact' | 'gaps' | 'lastReport' | 'broken'>): string {
  if (lastReport?.hold) {
    const { registry, readAt, hold } = lastReport
    return `the reconcile of ${readAt} is held, and ${holdText(registry, hold)}`
  }
  if (lastReport?.method === 'events')
    return 'only what events tell: it is a pull-through cache, and nothing but its storage shows what it holds'
  if (exact === undefined)
    return 'events may be missing since the beginning: no reconcile has read the whole registry yet'
  const [first, ...others] = gaps.toSorted((a, b) => a.since - b.since)
  if (first === undefined) {
    const { images, repositories } = exact
    const excepted = images > 0 ? ` but for ${images} images in ${repositories} repositories,` : ''
    if (broken > 0)
      return `images that are not whole: ${broken} (tallyman broken lists them); the numbers are as the registry has them,${excepted} since ${formatTimestamp(exact.since)}`
    return `exact${excepted} since ${formatTimestamp(exact.since)}`
  }
  const more = others.length > 0 ? `, and ${others.length} more` : ''
  if (first.lost !== undefined) return `${first.reason}${more}`
  // The last reconcile mended everything before it, even if the gap began earlier.
  const since = formatTimestamp(Math.max(first.since, exact.since))
  return `events may be missing since ${since}: ${first.reason}${more}`
}
