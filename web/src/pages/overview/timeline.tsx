import { useMemo, useState } from 'preact/hooks'
import { useGet } from '../../api/use-get.ts'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Said } from '../../parts/said.tsx'
import { Timeline as TimelineChart } from '../../parts/timeline.tsx'
import type { TimelineLine } from '../../parts/timeline-props.ts'
import { type ChartData, chartData } from './chart-data.ts'
import type { Mark } from './marks.ts'
import { titleOf } from './node-text.ts'
import type { Node } from './tree.ts'
import { useMarks } from './use-marks.ts'

const DAY_MS = 86_400_000
const BACK_MS = 90 * DAY_MS
const AGAIN_MS = 300_000
/** CSS pixels. */
const HEIGHT = 280
const KINDS: Record<Mark['kind'], string> = {
  ...{ expiry: 'Expiry', promotion: 'Promotion', reconcile: 'Reconcile', push: 'Push' },
}

/** How a registry or a project came to hold what it does, how it goes on, and what explains each step. */
export function Timeline({ of, largest }: { of: Node; largest: readonly Node[] }) {
  const isProject = of.kind === 'project'
  const asked = { query: { step: 'day' as const }, path: isProject ? { id: of.path } : { name: of.path } }
  const history = useGet(
    isProject ? '/v1/projects/{id}/history' : '/v1/registries/{name}/history',
    asked as never,
    { everyMs: AGAIN_MS },
  )
  const until = useMemo(() => new Date(Date.now() + 30 * DAY_MS).toISOString(), [of.path])
  const forecast = useGet(
    isProject ? '/v1/projects/{id}/forecast' : '/v1/registries/{name}/forecast',
    { ...asked, query: { until } } as never,
    { everyMs: AGAIN_MS },
  )
  const [from] = useState(() => Date.now() - BACK_MS)
  const marks = useMarks(of, largest, from)
  const [wantsShared, setWantsShared] = useState<boolean>()
  const limit = forecast.data?.thresholds.find(({ share }) => share === 1)?.bytes ?? null
  const data = useMemo(
    () =>
      history.data &&
      chartData(history.data, {
        ...{ forecast: forecast.data, limit, from, now: Date.now() },
        bytesNow: forecast.data?.nowBytes ?? null,
      }),
    [history.data, forecast.data, limit, from],
  )
  return (
    <section class="panel" aria-labelledby="timeline-title">
      <div class="panel-head">
        <h2 id="timeline-title">
          Over time: <Said text={titleOf(of)} />
        </h2>
        {forecast.data && <p class="hint">The forecast: {forecast.data.text}.</p>}
      </div>
      <Loaded of={history} lines={7}>
        {({ samples }) =>
          data === undefined || samples.length === 0 ? (
            <Empty title="No line yet">
              Tallyman takes a sample at each full hour. The first one comes within the hour.
            </Empty>
          ) : (
            <Drawn
              {...{ data, marks, limit, title: titleOf(of), setWantsShared }}
              showsShared={wantsShared ?? isSharedNear(data)}
            />
          )
        }
      </Loaded>
    </section>
  )
}

/** Whether the line of shared bytes leaves room for the others. */
const isSharedNear = ({ shared, stored, quota }: ChartData): boolean => {
  const most = (values: (number | null)[]) =>
    values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0)
  return most(shared) <= 2.5 * Math.max(most(stored), most(quota))
}

function Drawn({
  data,
  marks,
  limit,
  title,
  showsShared,
  setWantsShared,
}: {
  data: ChartData
  marks: readonly Mark[]
  limit: number | null
  title: string
  showsShared: boolean
  setWantsShared: (wants: boolean) => void
}) {
  const hasForecast = data.middle.some((value) => value !== null)
  const lines = useMemo(
    (): TimelineLine[] => [
      { label: 'Stored', colour: '--series-1', values: data.stored, isFilled: true },
      ...(showsShared ? [{ label: 'Shared', colour: '--series-2', values: data.shared }] : []),
      ...(limit === null ? [] : [{ label: 'Quota', colour: '--bad', values: data.quota, isDashed: true }]),
      ...(hasForecast
        ? [{ label: 'Forecast', colour: '--series-1', values: data.middle, isDashed: true }]
        : []),
    ],
    [data, showsShared, limit, hasForecast],
  )
  const band = useMemo(
    () =>
      hasForecast
        ? { label: 'Most likely', colour: '--series-1', low: data.low, high: data.high }
        : undefined,
    [data, hasForecast],
  )
  const numbered = useMemo(() => marks.map(({ at, text }) => ({ at: at / 1000, text })), [marks])
  return (
    <>
      <label class="timeline-shared">
        <input
          type="checkbox"
          checked={showsShared}
          onChange={(event) => setWantsShared(event.currentTarget.checked)}
        />{' '}
        With what would be stored again without sharing
      </label>
      <TimelineChart
        {...{ times: data.times, lines, band, marks: numbered, height: HEIGHT }}
        label={`What ${title} stored in the last 90 days; the numbers follow as a table`}
      />
      {marks.length > 0 && (
        <ol class="marks" aria-label="What explains the steps">
          {marks.map(({ at, kind, text, href }) => (
            <li key={`${at} ${text}`}>
              <span class="badge">{KINDS[kind]}</span>{' '}
              <time dateTime={new Date(at).toISOString()} title={new Date(at).toLocaleString()}>
                {new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}
              </time>{' '}
              {href ? (
                <a href={href}>
                  <Said text={text} />
                </a>
              ) : (
                <Said text={text} />
              )}
            </li>
          ))}
        </ol>
      )}
    </>
  )
}
