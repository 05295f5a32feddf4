import type { ComponentChildren } from 'preact'
import type { Resource } from '../api/use-get.ts'
import { Failure } from './failure.tsx'
import { Skeleton } from './skeleton.tsx'
import { Time } from './time.tsx'

/**
 * Shows what was read from the API. Before it is there: grey lines, or why it could not be read. If reading it again failed: the old,
 * with a sentence that says so.
 */
export function Loaded<T>({
  of: { data, error, readAt, reload },
  lines = 4,
  children,
}: {
  of: Resource<T>
  /** How many grey lines stand for it. */
  lines?: number
  children: (data: T) => ComponentChildren
}) {
  if (data === undefined) return error ? <Failure error={error} retry={reload} /> : <Skeleton lines={lines} />
  return (
    <>
      {error && readAt !== undefined && (
        <div class="notice notice-warn" role="status">
          <p>
            These numbers are from <Time at={new Date(readAt).toISOString()} />: {error.message}.
          </p>
          <button type="button" onClick={reload}>
            Try again
          </button>
        </div>
      )}
      {children(data)}
    </>
  )
}
