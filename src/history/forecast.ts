/** A value on a day. Days since the epoch. */
export interface DayValue {
  day: number
  value: number
}

/** A number, and between what it most likely is. */
export interface Band {
  low: number
  middle: number
  high: number
}

/** How a value goes on. Slopes are a day's change. */
export type Forecast = TooLittle | Trend

/** `days`: how many days have a value. `cleanedUpOn`: the day of a clean-up, since when they are counted. */
export interface TooLittle {
  kind: 'tooLittle'
  days: number
  cleanedUpOn?: number
}

export interface Trend {
  /** `noTrend`: the slopes do not agree on whether it grows or shrinks. */
  kind: 'growing' | 'shrinking' | 'noTrend'
  perDay: Band
  /** The days that it is made from. */
  firstDay: number
  lastDay: number
  /** The value on the last day, without the weekly cycle. */
  level: number
  /** How far values were below (a negative number) and above the line. */
  spread: { below: number; above: number }
  cleanedUpOn?: number
}

/** Days that a forecast needs: with fewer, too few pairs are a week apart. */
export const MIN_DAYS = 10

/** The days that a forecast looks back, unless it looks further ahead. Twice as many notice a change of pace weeks later. */
export const WINDOW_DAYS = 28

/** A value that falls by this share below all of the week before is a clean-up. */
const CLEAN_UP = 0.2

/** The part of the slopes and of the distances to the line that a band leaves out at each end. */
const BAND = 0.1

/**
 * The forecast from the last `windowDays` of values, oldest first, at most one a day. The slope is the median of the slopes of
 * all pairs of days that are whole weeks apart: Theil–Sen (Sen 1968, JASA 63) for each day of the week, as in the seasonal
 * slope of Hirsch et al. (1982, Water Resources Research 18). So neither single days nor a weekly cycle bend it.
 */
export function forecastOf(values: readonly DayValue[], windowDays = WINDOW_DAYS): Forecast {
  const lastDay = values.at(-1)?.day ?? 0
  const recent = values.filter(({ day }) => day > lastDay - windowDays)
  const start = lastCleanUp(recent)
  const used = recent.slice(start)
  const [first] = used
  const cleanedUp = start > 0 && first !== undefined ? { cleanedUpOn: first.day } : {}
  const slopes = weeklySlopes(used)
  if (used.length < MIN_DAYS || slopes.length === 0 || first === undefined)
    return { kind: 'tooLittle', days: used.length, ...cleanedUp }
  const middle = quantile(slopes, 0.5)
  const onLastDay = used.map(({ day, value }) => ({ day, value: value + middle * (lastDay - day) }))
  const ofLastWeek = onLastDay.filter(({ day }) => day > lastDay - 7)
  const level = quantile(sorted(ofLastWeek.map(({ value }) => value)), 0.5)
  const distances = sorted(onLastDay.map(({ value }) => value - level))
  return {
    kind: kindOf(slopes),
    perDay: { low: quantile(slopes, BAND), middle, high: quantile(slopes, 1 - BAND) },
    ...{ firstDay: first.day, lastDay, level },
    spread: {
      below: Math.min(0, quantile(distances, BAND)),
      above: Math.max(0, quantile(distances, 1 - BAND)),
    },
    ...cleanedUp,
  }
}

/** It grows or shrinks if the middle half of the slopes agree on it. */
function kindOf(slopes: readonly number[]): Trend['kind'] {
  if (quantile(slopes, 0.25) > 0) return 'growing'
  return quantile(slopes, 0.75) < 0 ? 'shrinking' : 'noTrend'
}

/** What the value will be on a day. */
export function valueOn({ perDay, level, spread, lastDay }: Trend, day: number): Band {
  const days = day - lastDay
  const at = (slope: number, distance: number) => Math.max(0, level + slope * days + distance)
  return {
    low: at(perDay.low, spread.below),
    middle: at(perDay.middle, 0),
    high: at(perDay.high, spread.above),
  }
}

/** In how many days after `today` a value is reached: the soonest, the most likely and the latest; `null` for never. */
export interface Reached {
  soonest: number | null
  likely: number | null
  latest: number | null
}

/** Never, unless the value grows. */
export function daysUntil(forecast: Forecast, value: number, today: number): Reached {
  if (forecast.kind !== 'growing') return { soonest: null, likely: null, latest: null }
  const { perDay, level, spread, lastDay } = forecast
  const after = (slope: number, distance: number) =>
    slope > 0 ? Math.max(0, (value - level - distance) / slope - (today - lastDay)) : null
  return {
    soonest: after(perDay.high, spread.above),
    likely: after(perDay.middle, 0),
    latest: after(perDay.low, spread.below),
  }
}

/** The index of the value after the last clean-up; 0 if there was none. A fall that each week has is a part of its cycle. */
function lastCleanUp(values: readonly DayValue[]): number {
  for (let i = values.length - 1; i > 0; i--) {
    const { day = 0, value = 0 } = values[i] ?? {}
    const before = values.slice(Math.max(0, i - 7), i).filter((one) => one.day >= day - 7)
    const lowest = before.reduce((least, one) => Math.min(least, one.value), Number.POSITIVE_INFINITY)
    if (lowest < Number.POSITIVE_INFINITY && value < lowest * (1 - CLEAN_UP)) return i
  }
  return 0
}

/** The slopes of all pairs that are whole weeks apart, the lowest first. */
function weeklySlopes(values: readonly DayValue[]): number[] {
  const slopes: number[] = []
  for (const [i, a] of values.entries())
    for (const b of values.slice(i + 1))
      if ((b.day - a.day) % 7 === 0) slopes.push((b.value - a.value) / (b.day - a.day))
  return sorted(slopes)
}

const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)

/** The number below which a share of the numbers is, between the nearest two. `ordered`: the lowest first, not empty. */
export function quantile(ordered: readonly number[], share: number): number {
  const position = share * (ordered.length - 1)
  const [below = 0, above = below] = [ordered[Math.floor(position)], ordered[Math.ceil(position)]]
  return below + (above - below) * (position - Math.floor(position))
}
