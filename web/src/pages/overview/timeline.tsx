import { useMemo, useState } from 'preact/hooks'
import { formatSize } from '../../../../src/platform/units.ts'
import { useGet } from '../../api/use-get.ts'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Said } from '../../parts/said.tsx'
import { Chart } from './chart.tsx'
import { type ChartData, chartData } from './chart-data.ts'
import type { Mark } from './marks.ts'
import { titleOf } from './node-text.ts'
import type { Node } from './tree.ts'
import { useMarks } from './use-marks.ts'

const DAY_MS = 86_400_000
const BACK_MS = 90 * DAY_MS
const AGAIN_MS = 300_000
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
    <section class="panel timeline" aria-labelledby="timeline-title">
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
  return (
    <>
      <ul class="legend" aria-label="What the lines are">
        <li>
          <span class="line line-stored" /> stored
        </li>
        <li>
          <label>
            <input
              type="checkbox"
              checked={showsShared}
              onChange={(event) => setWantsShared(event.currentTarget.checked)}
            />
            <span class="line line-shared" /> shared: what would be stored again without sharing
          </label>
        </li>
        {limit !== null && (
          <li>
            <span class="line line-quota" /> quota
          </li>
        )}
        {hasForecast && (
          <li>
            <span class="line line-forecast" /> forecast, and where it most likely stays
          </li>
        )}
      </ul>
      <Chart
        {...{ data, marks, showsShared }}
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
      <Numbers data={data} />
    </>
  )
}

/** The chart as a table. */
function Numbers({ data: { times, stored, shared, low, middle, high } }: { data: ChartData }) {
  const [isOpen, setOpen] = useState(false)
  const size = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : formatSize(value)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>The numbers as a table</summary>
      {isOpen && (
        <div class="table-box numbers">
          <table>
            <thead>
              <tr>
                <th scope="col">Day</th>
                <th scope="col" class="number">
                  Stored
                </th>
                <th scope="col" class="number">
                  Shared
                </th>
                <th scope="col" class="number">
                  Forecast
                </th>
              </tr>
            </thead>
            <tbody>
              {times.flatMap((at, n) =>
                stored[n] === null && middle[n] === null
                  ? []
                  : [
                      <tr key={at}>
                        <th scope="row">{new Date(at * 1000).toLocaleDateString('en-GB')}</th>
                        <td class="number">{size(stored[n])}</td>
                        <td class="number">{size(shared[n])}</td>
                        <td class="number">
                          {middle[n] === null || stored[n] !== null
                            ? '–'
                            : `${size(middle[n])} (${size(low[n])} to ${size(high[n])})`}
                        </td>
                      </tr>,
                    ],
              )}
            </tbody>
          </table>
        </div>
      )}
    </details>
  )
}
