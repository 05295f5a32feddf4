import { formatDuration } from '../../../src/platform/units.ts'
import { clock } from './clock.ts'

/** A time as people say it, `3h ago` or `in 2d`, the exact one when it is pointed at. `null` is shown as `never`. */
export function Time({ at, never = 'never' }: { at: string | null | undefined; never?: string }) {
  if (!at) return <span class="unknown">{never}</span>
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()}>
      {relative(Date.parse(at) - Math.max(clock.value, Date.now()))}
    </time>
  )
}

/** `awayMs`: ms from now; negative for the past. */
export function relative(awayMs: number): string {
  const [largest = '0s'] = formatDuration(Math.abs(awayMs)).split(' ')
  if (Math.abs(awayMs) < 5_000) return 'now'
  return awayMs < 0 ? `${largest} ago` : `in ${largest}`
}
