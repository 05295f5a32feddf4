import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeHistory, encodeHistory } from '../../src/history/codec.ts'
import {
  DAYS_KEPT,
  EMPTY,
  type History,
  HOURS_KEPT,
  lastSlotOf,
  pointsOf,
  withSample,
} from '../../src/history/history.ts'
import { NOTHING, type Sample } from '../../src/history/sample.ts'

const size = fc.oneof(
  fc.constant(0),
  fc.nat(300),
  fc.maxSafeNat().map((n) => n % 2 ** 52),
)
const aSample: fc.Arbitrary<Sample> = fc.record({
  uniqueBytes: size,
  exclusiveBytes: size,
  referencedBytes: size,
  tags: size,
  manifests: size,
})
/** Steps between samples, in hours. Most samples come each hour and change nothing. */
const aHistory: fc.Arbitrary<History> = fc
  .array(fc.tuple(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 400 })), fc.option(aSample)), {
    maxLength: 60,
  })
  .map((steps) => {
    let [hour, sample, history] = [490_000, NOTHING, EMPTY]
    for (const [step, changed] of steps) {
      hour += step
      sample = changed ?? sample
      history = withSample(history, hour, sample)
    }
    return history
  })

test('a history is read as it was written', () => {
  fc.assert(
    fc.property(aHistory, (history) => {
      expect(decodeHistory(encodeHistory(history))).toEqual(history)
    }),
  )
})

test('the bytes begin with the last hour', () => {
  expect(encodeHistory(withSample(EMPTY, 495_001, NOTHING)).readUInt32BE()).toBe(495_001)
  expect(encodeHistory(EMPTY).readUInt32BE()).toBe(0)
})

test('bytes that are no whole history are refused', () => {
  const whole = encodeHistory(withSample(EMPTY, 495_001, { ...NOTHING, uniqueBytes: 70_000 }))
  for (let length = 0; length < whole.length; length++)
    expect(() => decodeHistory(whole.subarray(0, length))).toThrow(RangeError)
  const endless = Buffer.from([0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 255, 255, 255, 1, 0])
  expect(() => decodeHistory(endless)).toThrow(/too long/)
})

describe('a new sample', () => {
  const of = (uniqueBytes: number): Sample => ({ ...NOTHING, uniqueBytes })
  const slots = ({ hours, days }: History) =>
    [hours, days].map((runs) => pointsOf(runs).map(({ slot }) => slot))

  test('is that of its hour and, until the next one, of its day', () => {
    let history = withSample(EMPTY, 48, of(1))
    history = withSample(history, 50, of(2))
    expect(slots(history)).toEqual([[48, 50], [2]])
    expect(history.days.at(-1)?.sample).toEqual(of(2))
    expect(slots(withSample(history, 72, of(3)))).toEqual([
      [48, 50, 72],
      [2, 3],
    ])
  })

  test('changes nothing if its hour, or a later one, has one', () => {
    const history = withSample(EMPTY, 48, of(1))
    expect(withSample(history, 48, of(9))).toEqual(history)
    expect(withSample(history, 47, of(9))).toEqual(history)
  })

  test('puts out what is older than a week of hours and two years of days', () => {
    fc.assert(
      fc.property(aHistory, fc.integer({ min: 1, max: 30_000 }), (before, step) => {
        const hour = Math.max(lastSlotOf(before.hours), 490_000) + step
        const after = withSample(before, hour, of(7))
        const points = { before: pointsOf(before.hours), after: pointsOf(after.hours) }
        const kept = points.before.filter(({ slot }) => slot > hour - HOURS_KEPT)
        expect(points.after).toEqual([...kept, { slot: hour, sample: of(7) }])
        const day = Math.floor(hour / 24)
        const days = pointsOf(before.days).filter(({ slot }) => slot > day - DAYS_KEPT && slot < day)
        expect(pointsOf(after.days)).toEqual([...days, { slot: day, sample: of(7) }])
      }),
    )
  })
})
