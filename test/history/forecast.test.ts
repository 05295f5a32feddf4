import fc from 'fast-check'
import * as oracle from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import {
  type DayValue,
  daysUntil,
  forecastOf,
  MIN_DAYS,
  quantile,
  type Trend,
  valueOn,
  WINDOW_DAYS,
} from '../../src/history/forecast.ts'
import { forecastText, reachedText } from '../../src/history/forecast-text.ts'

const FIRST = 20_000
const daysOf = (count: number, value: (n: number) => number): DayValue[] =>
  Array.from({ length: count }, (_, n) => ({ day: FIRST + n, value: value(n) }))
const trendOf = (values: readonly DayValue[]): Trend => {
  const forecast = forecastOf(values)
  if (forecast.kind === 'tooLittle') throw new Error('too little')
  return forecast
}
const GB = 1e9

describe('a straight line', () => {
  test('is continued as it is', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: MIN_DAYS, max: 60 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 1e6 }),
        (count, slope, from) => {
          const trend = trendOf(daysOf(count, (n) => from + slope * n))
          expect(trend.kind).toBe('growing')
          for (const value of Object.values(trend.perDay)) expect(value).toBeCloseTo(slope, 6)
          const last = FIRST + count - 1
          const { low, middle, high } = valueOn(trend, last + 10)
          for (const value of [low, middle, high]) expect(value).toBeCloseTo(from + slope * (count + 9), 4)
          const { likely } = daysUntil(trend, from + slope * (count + 4), last)
          expect(likely).toBeCloseTo(5, 4)
        },
      ),
    )
  })

  test('has the slope that a regression has', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -50, max: 50 }),
        fc.integer({ min: MIN_DAYS, max: WINDOW_DAYS }),
        (slope, count) => {
          const values = daysOf(count, (n) => 100_000 + slope * n)
          const { m } = oracle.linearRegression(values.map(({ day, value }) => [day, value]))
          expect(trendOf(values).perDay.middle).toBeCloseTo(m, 6)
        },
      ),
    )
  })

  test('that shrinks or stays reaches nothing', () => {
    for (const slope of [-5, 0])
      expect(daysUntil(forecastOf(daysOf(20, (n) => 1000 + slope * n)), 2000, FIRST + 20)).toEqual({
        ...{ soonest: null, likely: null, latest: null },
      })
  })
})

describe('the slope', () => {
  const anyValues = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 90, max: 110 })), {
      minLength: 20,
      maxLength: 40,
    })
    .map((steps) => {
      let day = FIRST
      return steps.map(([step, value]) => {
        day += step
        return { day, value }
      })
    })

  test('is the median of all pairs that are whole weeks apart, and its band their quantiles', () => {
    fc.assert(
      fc.property(anyValues, (values) => {
        const recent = values.filter(({ day }) => day > (values.at(-1)?.day ?? 0) - WINDOW_DAYS)
        const slopes = recent.flatMap((a) =>
          recent
            .filter((b) => b.day > a.day && (b.day - a.day) % 7 === 0)
            .map((b) => (b.value - a.value) / (b.day - a.day)),
        )
        const forecast = forecastOf(values)
        if (recent.length < MIN_DAYS || slopes.length === 0) return expect(forecast.kind).toBe('tooLittle')
        if (forecast.kind === 'tooLittle') throw new Error('there are enough')
        expect(forecast.perDay.middle).toBeCloseTo(oracle.median(slopes), 9)
        expect(forecast.perDay.low).toBeLessThanOrEqual(forecast.perDay.middle)
        expect(forecast.perDay.high).toBeGreaterThanOrEqual(forecast.perDay.middle)
        return undefined
      }),
    )
  })

  test('does not depend on the level or the unit', () => {
    fc.assert(
      fc.property(anyValues, fc.integer({ min: 1, max: 1000 }), (values, factor) => {
        const [one, other] = [
          forecastOf(values),
          forecastOf(values.map(({ day, value }) => ({ day, value: value * factor }))),
        ]
        expect(other.kind).toBe(one.kind)
        if (one.kind === 'tooLittle' || other.kind === 'tooLittle') return
        expect(other.perDay.middle).toBeCloseTo(one.perDay.middle * factor, 5)
        expect(other.level).toBeCloseTo(one.level * factor, 5)
      }),
    )
  })

  test('is not bent by a few days that are far off', () => {
    const values = daysOf(28, (n) => (n === 9 || n === 20 ? 5_000 : 1000 + 10 * n))
    expect(trendOf(values).perDay.middle).toBeCloseTo(10, 1)
  })
})

test('a quantile of 0.5 is the median', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), (numbers) => {
      expect(
        quantile(
          numbers.toSorted((a, b) => a - b),
          0.5,
        ),
      ).toBeCloseTo(oracle.median(numbers), 6)
    }),
  )
})

test('a weekly cycle alone is no trend, on whatever day of the week the forecast is made', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 80, max: 100 }), { minLength: 7, maxLength: 7 }),
      fc.integer({ min: 14, max: 60 }),
      (week, count) => {
        const forecast = forecastOf(daysOf(count, (n) => week[n % 7] ?? 0))
        expect(forecast).toMatchObject({ kind: 'noTrend', perDay: { low: 0, middle: 0, high: 0 } })
      },
    ),
  )
})

test('growth under a weekly cycle is found as it is', () => {
  const values = daysOf(28, (n) => 100 * GB + n * GB + (n % 7 < 5 ? 20 * GB : 0))
  expect(trendOf(values).perDay.middle).toBeCloseTo(GB, 0)
})

describe('too little data', () => {
  test('is said of fewer days than it needs', () => {
    for (const count of [0, 1, 7, MIN_DAYS - 1])
      expect(forecastOf(daysOf(count, (n) => n))).toEqual({ kind: 'tooLittle', days: count })
    expect(forecastOf(daysOf(MIN_DAYS, (n) => n)).kind).toBe('growing')
    expect(forecastText(forecastOf(daysOf(4, () => 1)))).toBe(
      'too little data: 4 days have a sample, and a forecast needs 10',
    )
    expect(forecastText(forecastOf(daysOf(1, () => 1)))).toContain('1 day has a sample')
  })

  test('is said after a clean-up, and ten days later the growth since then counts', () => {
    const values = (count: number) =>
      daysOf(count, (n) => (n < 20 ? 100 * GB + n * GB : 30 * GB + 2 * n * GB))
    expect(forecastOf(values(24))).toEqual({ kind: 'tooLittle', days: 4, cleanedUpOn: FIRST + 20 })
    expect(forecastText(forecastOf(values(24)))).toBe(
      'too little data: 4 days have a sample since the clean-up of 2024-10-24, and a forecast needs 10',
    )
    const after = trendOf(values(30))
    expect(after).toMatchObject({ kind: 'growing', cleanedUpOn: FIRST + 20, firstDay: FIRST + 20 })
    expect(after.perDay.middle).toBeCloseTo(2 * GB, 0)
  })

  test('is not said of a fall that each week has', () => {
    const sawtooth = daysOf(28, (n) => 100 * GB + Math.floor(n / 7) * GB + (n % 7) * 10 * GB)
    expect(forecastOf(sawtooth)).not.toHaveProperty('cleanedUpOn')
    expect(trendOf(sawtooth).perDay.middle).toBeCloseTo(GB / 7, 0)
  })
})

test('days are counted from today, also if the last sample is older', () => {
  const forecast = forecastOf(daysOf(20, (n) => n))
  expect(daysUntil(forecast, 29, FIRST + 19).likely).toBeCloseTo(10, 6)
  expect(daysUntil(forecast, 29, FIRST + 23).likely).toBeCloseTo(6, 6)
  expect(daysUntil(forecast, 10, FIRST + 19).likely).toBe(0)
})

test('a forecast in words', () => {
  const growing = forecastOf(daysOf(28, (n) => 2 ** 30 * (n + 50 + (n % 3))))
  expect(forecastText(growing)).toMatch(/^grows by 1\.0 GiB a day \(\+7\d\d\.\d MiB to \+1\.1 GiB a day\)$/)
  expect(reachedText(daysUntil(growing, 2 ** 30 * 88, FIRST + 27))).toMatch(
    /^in about 1\d days \(\d+ to 1\d\)$/,
  )
  expect(reachedText(daysUntil(growing, 2 ** 30, FIRST + 27))).toBe('now')
  expect(forecastText(forecastOf(daysOf(28, () => 7)))).toBe('no change')
  expect(reachedText(daysUntil(forecastOf(daysOf(28, () => 7)), 8, FIRST))).toBeUndefined()
  expect(forecastText(forecastOf(daysOf(28, (n) => 2 ** 30 * (100 - n))))).toBe(
    'shrinks by 1.0 GiB a day (-1.0 GiB to -1.0 GiB a day)',
  )
  const upAndDown = forecastOf(daysOf(28, (n) => 2 ** 30 * (50 + ((n * 13) % 5))))
  expect(forecastText(upAndDown)).toMatch(/^no trend: -\d+\.\d MiB to \+\d+\.\d MiB a day$/)
})
