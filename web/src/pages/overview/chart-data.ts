import type { Answer } from '../../api/request.ts'

export type History = Answer<'/v1/registries/{name}/history'>
/** Of a registry or a project: that of a registry has more. */
export type Forecast = Answer<'/v1/projects/{id}/forecast'>

type Values = (number | null)[]
/** Columns of the timeline: times in epoch s, then bytes; `null` where nothing is known. */
export interface ChartData {
  times: number[]
  stored: Values
  shared: Values
  quota: Values
  low: Values
  middle: Values
  high: Values
}

const DAY_MS = 86_400_000

/** The days of the history from `from` on (epoch ms), and after them the forecast. `limit`: the quota in bytes. */
export function chartData(
  { samples }: History,
  {
    forecast,
    limit,
    from,
    now,
    bytesNow,
  }: {
    forecast: Forecast | undefined
    limit: number | null
    from: number
    now: number
    bytesNow: number | null
  },
): ChartData {
  const data: ChartData = { times: [], stored: [], shared: [], quota: [], low: [], middle: [], high: [] }
  const add = (
    at: number,
    [stored, shared, low, middle, high]: [
      number | null,
      number | null,
      number | null,
      number | null,
      number | null,
    ],
  ) => {
    data.times.push(Math.round(at / 1000))
    data.stored.push(stored)
    data.shared.push(shared)
    data.quota.push(limit)
    data.low.push(low)
    data.middle.push(middle)
    data.high.push(high)
  }
  const shown = samples.filter(({ at }) => Date.parse(at) >= from)
  let last: number | undefined
  for (const { at, uniqueBytes, referencedBytes } of shown) {
    // A sample of a day is of its end; of today, of the last full hour, and what is held now is known better.
    const end = Date.parse(at) + DAY_MS
    const time = Math.min(end, now)
    const bytes = end > now ? (bytesNow ?? uniqueBytes) : uniqueBytes
    if (last !== undefined && time - last > 1.5 * DAY_MS) add(time - 1_000, [null, null, null, null, null])
    add(time, [bytes, Math.max(0, referencedBytes - uniqueBytes), null, null, null])
    last = time
  }
  const end = data.times.at(-1)
  if (bytesNow !== null && (end === undefined || end * 1000 < now))
    add(now, [bytesNow, null, null, null, null])
  const { bytesThen, until } = forecast ?? {}
  const n = data.times.length - 1
  const base = data.stored[n]
  if (!bytesThen || !until || base === undefined || base === null) return data
  data.low[n] = base
  data.middle[n] = base
  data.high[n] = base
  const start = (data.times[n] ?? 0) * 1000
  const finish = Date.parse(until)
  for (let day = 1; start + day * DAY_MS <= finish; day++) {
    const share = (day * DAY_MS) / (finish - start)
    const along = (to: number) => Math.max(0, base + share * (to - base))
    add(start + day * DAY_MS, [
      null,
      null,
      along(bytesThen.low),
      along(bytesThen.middle),
      along(bytesThen.high),
    ])
  }
  return data
}
