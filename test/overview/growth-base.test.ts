import { expect, test } from 'vitest'
import { EMPTY, type History, withSample } from '../../src/history/history.ts'
import { DAY_MS, HOUR_MS, NOTHING } from '../../src/history/sample.ts'
import { firstSampleAt, growthBase } from '../../src/overview/growth-base.ts'

const HOUR = 480_000
const historyAt = (...samples: [hour: number, uniqueBytes: number][]): History =>
  samples.reduce(
    (history, [n, uniqueBytes]) => withSample(history, HOUR + n, { ...NOTHING, uniqueBytes }),
    EMPTY,
  )
const at = (hour: number) => (HOUR + hour) * HOUR_MS

test('growth is counted from the first sample since then', () => {
  const history = historyAt([0, 10], [30, 20], [200, 50])
  expect(growthBase(history, at(25), at(0))).toBe(20)
})

test('a project that is younger than that grew from nothing, if its registry is older', () => {
  const young = historyAt([100, 70], [101, 80])
  expect(growthBase(young, at(25), at(0))).toBe(0)
  expect(growthBase(EMPTY, at(25), at(0))).toBe(0)
  // They were found together: nobody knows how old it is.
  expect(growthBase(young, at(25), at(100))).toBe(70)
})

test('without samples of the registry nothing is known', () => {
  expect(growthBase(EMPTY, at(25), undefined)).toBeNull()
})

test('the first sample is that of an hour, or of a day once its hours are no longer kept', () => {
  expect(firstSampleAt(EMPTY)).toBeUndefined()
  expect(firstSampleAt(historyAt([5, 1], [6, 1]))).toBe(at(5))
  const old = historyAt([5, 1], [600, 1])
  const first = firstSampleAt(old) ?? 0
  expect(first).toBeGreaterThanOrEqual(Math.floor(at(5) / DAY_MS) * DAY_MS)
  expect(first).toBeLessThan(at(5) + DAY_MS)
})
