import {
  type Band,
  daysUntil,
  type Forecast,
  forecastOf,
  type Reached,
  valueOn,
  WINDOW_DAYS,
} from './forecast.ts'
import { type History, pointsOf } from './history.ts'
import { dayOf, type Measure } from './sample.ts'

/** What a forecast needs of a quota. `warnAt`: shares of the limit. */
export interface ForecastQuota {
  measure: Measure
  limitBytes: number
  warnAt: readonly number[]
  /** How long before the limit is passed people are told, in ms. Absent: they are not. */
  willExceedWithinMs?: number | undefined
}

/** A forecast, what it says of a day, and when it passes the thresholds of a quota. */
export interface Outlook {
  forecast: Forecast
  /** Bytes on the day that was asked for; absent with too little data. */
  onDay?: Band
  thresholds: { share: number; bytes: number; reached: Reached }[]
}

/** The longest time that a forecast looks back, in days. */
const LONGEST_DAYS = 182

/**
 * The outlook of a history. A forecast that looks far ahead looks back as far, up to half a year: the pace of a month says
 * little of a year. `now` and `until` in epoch ms.
 */
export function outlookOf(
  history: History,
  {
    now,
    until,
    measure,
    quota,
  }: { now: number; until: number; measure: Measure; quota?: ForecastQuota | undefined },
): Outlook {
  const values = pointsOf(history.days).map(({ slot, sample }) => ({ day: slot, value: sample[measure] }))
  const today = dayOf(now)
  const thresholds = (forecast: Forecast) =>
    (quota === undefined ? [] : [...new Set([...quota.warnAt, 1])]).map((share) => {
      const bytes = Math.round(share * (quota?.limitBytes ?? 0))
      return { share, bytes, reached: daysUntil(forecast, bytes, today) }
    })
  const ahead = dayOf(until) - today
  const forecast = forecastOf(values, Math.min(Math.max(ahead, WINDOW_DAYS), LONGEST_DAYS))
  return {
    forecast,
    ...(forecast.kind !== 'tooLittle' && { onDay: valueOn(forecast, dayOf(until)) }),
    thresholds: thresholds(forecastOf(values)),
  }
}
