import type { Pages } from '../api/use-pages.ts'
import { Failure } from './failure.tsx'
import { Skeleton } from './skeleton.tsx'

/** What stands below a list that is read page by page: a button for the next page, grey lines, or why it failed. */
export function More<T>({ of }: { of: Pages<T> }) {
  if (of.error) return <Failure error={of.error} retry={of.retry} />
  if (of.isLoading) return <Skeleton lines={of.items.length > 0 ? 1 : 6} />
  if (!of.hasMore) return null
  return (
    <button type="button" class="more" onClick={of.more}>
      Show more
    </button>
  )
}
