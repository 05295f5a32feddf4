import { formatSize } from '../platform/units.ts'
import { type Forecast, MIN_DAYS, type Reached } from './forecast.ts'
import { DAY_MS } from './sample.ts'

/** What a forecast of bytes says, in words. */
export function forecastText(forecast: Forecast): string {
  const since =
    forecast.cleanedUpOn === undefined ? '' : ` since the clean-up of ${dateOf(forecast.cleanedUpOn)}`
  if (forecast.kind === 'tooLittle')
    return `too little data: ${forecast.days} ${forecast.days === 1 ? 'day has' : 'days have'} a sample${since}, and a forecast needs ${MIN_DAYS}`
  const { low, middle, high } = forecast.perDay
  const band = `${change(low)} to ${change(high)} a day`
  switch (forecast.kind) {
    case 'noTrend':
      return low === 0 && high === 0 ? `no change${since}` : `no trend${since}: ${band}`
    case 'growing':
      return `grows by ${formatSize(Math.round(middle))} a day${since} (${band})`
    case 'shrinking':
      return `shrinks by ${formatSize(Math.round(-middle))} a day${since} (${band})`
  }
}

const change = (bytes: number): string => `${bytes < 0 ? '-' : '+'}${formatSize(Math.round(Math.abs(bytes)))}`

/** When a value is reached, in words; `undefined` for never. */
export function reachedText({ soonest, likely, latest }: Reached): string | undefined {
  if (likely === null || soonest === null) return undefined
  if (likely === 0) return 'now'
  const days = Math.ceil(likely)
  const to = latest === null ? 'or later' : `to ${Math.ceil(latest)}`
  return `in about ${days} ${days === 1 ? 'day' : 'days'} (${Math.floor(soonest)} ${to})`
}

/** A day since the epoch as `2027-06-15`. */
export const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
