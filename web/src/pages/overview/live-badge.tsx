import { Time } from '../../parts/time.tsx'
import type { LiveOverview } from './use-overview.ts'

/** Whether the numbers follow what happens. */
export function LiveBadge({ of: { live, readAt, error, reload } }: { of: LiveOverview }) {
  const at = readAt === undefined ? null : new Date(readAt).toISOString()
  if (live !== 'lost')
    return (
      <p class="live" role="status">
        <span class={live === 'live' ? 'live-dot is-live' : 'live-dot'} aria-hidden="true" />
        {live === 'live' ? 'Live' : 'Connecting'}
      </p>
    )
  return (
    <p class="live is-lost" role="status">
      <span class="live-dot" aria-hidden="true" />
      Live updates stopped, trying again: the numbers are from <Time at={at} never="before" />
      {error && ` (${error.message})`}
      <button type="button" class="plain" onClick={reload}>
        Try now
      </button>
    </p>
  )
}
