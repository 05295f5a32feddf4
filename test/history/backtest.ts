import { HISTORIES } from '../../lab/usage-histories.ts'
import { daysUntil, forecastOf, quantile, valueOn } from '../../src/history/forecast.ts'

const SEEDS = 200
const DAYS = 120

export interface Backtest {
  /** How many forecasts of 200 found that it grows. */
  growing: number
  /** The error of the value in two weeks, in percent of today's: of half and of nine in ten forecasts at most this. */
  error: { half: number; most: number }
  /** By how many days the day was wrong on which a value is passed that is passed in 5 to 20 days; of those that grow. */
  days: { half: number; most: number }
  /** The share of forecasts whose band for the value in two weeks holds the truth, in percent. */
  inBand: number
}

/** Forecasts from the first part of each history, and compares with the rest. */
export function backtest(name: string): Backtest {
  const errors: number[] = []
  const days: number[] = []
  let [growing, held] = [0, 0]
  for (let seed = 1; seed <= SEEDS; seed++) {
    const values = HISTORIES[name]?.(seed, DAYS) ?? []
    // Each day of the week has its turn.
    const today = DAYS - 22 + (seed % 7) - 5
    const forecast = forecastOf(values.slice(0, today + 1))
    if (forecast.kind === 'tooLittle') continue
    const { low, middle, high } = valueOn(forecast, today + 14)
    const [now = 0, then = 0] = [values[today]?.value, values[today + 14]?.value]
    errors.push((100 * Math.abs(middle - then)) / now)
    if (then >= low && then <= high) held += 1
    if (forecast.kind !== 'growing') continue
    growing += 1
    // A value that the last week did not reach, and that is passed on a known day.
    const ahead = 5 + (seed % 16)
    const target = Math.max(...values.slice(today - 6, today + ahead).map(({ value }) => value))
    const passedOn = values.findIndex(({ day, value }) => day > today && value > target)
    if (passedOn === -1) continue
    days.push(Math.abs((daysUntil(forecast, target, today).likely ?? 0) - (passedOn - today)))
  }
  const spread = (numbers: number[]) => {
    const ordered = numbers.toSorted((a, b) => a - b)
    return { half: quantile(ordered, 0.5), most: quantile(ordered, 0.9) }
  }
  return { growing, error: spread(errors), days: spread(days), inBand: (100 * held) / errors.length }
}
