import { useMemo } from 'preact/hooks'
import { formatSize } from '../../../../src/platform/units.ts'
import { useGet } from '../../api/use-get.ts'
import { Loaded } from '../../parts/loaded.tsx'
import { Timeline } from '../../parts/timeline.tsx'
import type { TimelineLine } from '../../parts/timeline-props.ts'
import { useQuery } from '../../parts/use-query.ts'
import type { Project } from './project.tsx'
import { usagePoints } from './usage-points.ts'

const DAY_MS = 86_400_000
const SPANS = {
  week: { name: 'A week', step: 'hour', backDays: 7, aheadDays: 7 },
  quarter: { name: '90 days', step: 'day', backDays: 90, aheadDays: 30 },
  years: { name: 'Two years', step: 'day', backDays: 731, aheadDays: 182 },
} as const
type Span = keyof typeof SPANS

/** How much a project held over time, and how it will likely go on. */
export function UsageTimeline({ id, project }: { id: string; project: Project }) {
  const [query, change] = useQuery()
  const span: Span = query.span === 'week' || query.span === 'years' ? query.span : 'quarter'
  const { step, backDays, aheadDays } = SPANS[span]
  // To the day, so that the question stays the same while one looks.
  const day = (days: number) => new Date(Math.floor(Date.now() / DAY_MS + days) * DAY_MS).toISOString()
  const path = { id }
  const history = useGet('/v1/projects/{id}/history', { path, query: { step, from: day(-backDays) } })
  const forecast = useGet('/v1/projects/{id}/forecast', { path, query: { until: day(aheadDays + 1) } })
  const limit = project.limitMeasure === 'unique' ? project.limitBytes : null
  const points = useMemo(
    () =>
      usagePoints(
        history.data?.samples ?? [],
        Date.now(),
        project.uniqueBytes,
        // The forecast is about what the quota measures.
        limit !== null || project.limitMeasure === null ? forecast.data : undefined,
      ),
    [history.data, forecast.data, project.uniqueBytes],
  )
  const lines = useMemo(
    (): TimelineLine[] => [
      { label: 'Unique bytes', colour: '--series-1', values: points.used, isFilled: true },
      ...(points.expected.some((value) => value !== null)
        ? [{ label: 'Expected', colour: '--series-1', values: points.expected, isDashed: true }]
        : []),
      ...(limit === null
        ? []
        : [{ label: 'Limit', colour: '--bad', values: points.times.map(() => limit), isDashed: true }]),
    ],
    [points, limit],
  )
  const band = useMemo(
    () =>
      points.low.some((value) => value !== null)
        ? { label: 'Likely', colour: '--series-1', low: points.low, high: points.high }
        : undefined,
    [points],
  )
  return (
    <section class="panel" aria-label="Over time">
      <div class="panel-head">
        <h2>Over time</h2>
        <div class="choices">
          {(Object.keys(SPANS) as Span[]).map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === span}
              onClick={() => change({ span: one === 'quarter' ? '' : one })}
            >
              {SPANS[one].name}
            </button>
          ))}
        </div>
      </div>
      <Loaded of={history} lines={8}>
        {({ samples }) =>
          samples.length === 0 ? (
            <p class="hint">Nothing of its past is known yet. A sample is taken each hour.</p>
          ) : (
            <Timeline
              label={`${id} held ${formatSize(samples[0]?.uniqueBytes ?? 0)} at first and holds ${formatSize(project.uniqueBytes)} now.`}
              {...{ times: points.times, lines, band }}
            />
          )
        }
      </Loaded>
      {forecast.data && <ForecastText forecast={forecast.data} />}
    </section>
  )
}

function ForecastText({
  forecast,
}: {
  forecast: { text: string; thresholds: { share: number; text: string | null }[] }
}) {
  const full = forecast.thresholds.find(({ share }) => share === 1)
  return (
    <p class="forecast">
      {forecast.text.replace(/^./, (first) => first.toUpperCase())}.
      {full?.text && <strong> Its quota is full {full.text}.</strong>}
    </p>
  )
}
