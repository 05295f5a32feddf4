import { formatSize } from '../../../src/platform/units.ts'
import type { TimelineProps } from './timeline-props.ts'
import { timelineTime } from './timeline-time.ts'

/** What the lines are; of the time that is pointed at, also their values, and the marks that stand before it. */
export function TimelineLegend({
  times,
  lines,
  band,
  marks = [],
  format = formatSize,
  pointed,
}: TimelineProps & { pointed: number | undefined }) {
  const at = pointed === undefined ? undefined : times[pointed]
  const before = pointed === undefined ? undefined : times[pointed - 1]
  const valueAt = (values: readonly (number | null)[]) => {
    const value = pointed === undefined ? undefined : values[pointed]
    return value === null || value === undefined ? '' : format(value)
  }
  const told = marks.filter((mark) => at !== undefined && mark.at <= at && mark.at > (before ?? -1))
  const [low, high] = band ? [valueAt(band.low), valueAt(band.high)] : ['', '']
  return (
    <div class="timeline-legend" aria-hidden="true">
      <span class="timeline-time">{at === undefined ? '' : timelineTime(times, at)}</span>
      {lines.map(({ label, colour, isDashed, values }) => (
        <span key={label} class="timeline-key">
          <span
            class="timeline-swatch"
            style={{ borderTopColor: `var(${colour})`, borderTopStyle: isDashed ? 'dashed' : 'solid' }}
          />
          {label} <strong>{valueAt(values)}</strong>
        </span>
      ))}
      {band && low !== '' && (
        <span class="timeline-key">
          {band.label}: <strong>{low === high ? low : `${low} to ${high}`}</strong>
        </span>
      )}
      {told.map(({ at, text }) => (
        <span key={`${at} ${text}`}>{text}</span>
      ))}
    </div>
  )
}
