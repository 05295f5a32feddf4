import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatTimestamp, parseTimestamp } from '../../src/platform/timestamp.ts'

test.each([
  ['2026-11-23T16:02:26.518381749Z', 1_795_449_746_518_381],
  ['2026-11-23T16:02:26.518381Z', 1_795_449_746_518_381],
  ['2026-11-23T16:02:26.5Z', 1_795_449_746_500_000],
  ['2026-11-23T16:02:26Z', 1_795_449_746_000_000],
  ['2026-11-23T16:02:26.000000999Z', 1_795_449_746_000_000],
  ['2026-11-23T16:02:26.000001Z', 1_795_449_746_000_001],
  ['2026-11-23T16:02:26.1234567890123Z', 1_795_449_746_123_456],
  ['2026-11-23T18:02:26.518381749+02:00', 1_795_449_746_518_381],
  ['2026-11-23T10:32:26.518381749-05:30', 1_795_449_746_518_381],
  ['2026-11-24T01:02:26+09:00', 1_795_449_746_000_000],
  ['2026-11-23t16:02:26.5z', 1_795_449_746_500_000],
  ['2024-02-29T00:00:00Z', 1_709_164_800_000_000],
  ['1970-01-01T00:00:00-01:00', 3_600_000_000],
])('%s is %d', (text, us) => {
  expect(parseTimestamp(text)).toBe(us)
})

test.each([
  '',
  'now',
  '2026-11-23',
  '2026-11-23T16:02:26',
  '2026-11-23 16:02:26Z',
  '2026-11-23T16:02Z',
  '2026-11-23T16:02:26.Z',
  '2026-11-23T16:02:26,5Z',
  '2026-11-23T16:02:26+0200',
  '2026-11-23T16:02:26+99:00',
  '2026-13-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-11-23T24:00:00Z',
  '2026-11-23T16:60:00Z',
  '0001-01-01T00:00:00Z',
  '1970-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  ' 2026-11-23T16:02:26Z',
  '2026-11-23T16:02:26Z\n',
  '1795449746',
])('%j is none', (text) => {
  expect(parseTimestamp(text)).toBeUndefined()
})

/** The last exact time: in 2255 µs pass 2^53. */
const anyUs = fc.integer({ min: 1, max: 9_007_199_254_740_991 })

/** A timestamp as Go writes it: with nanoseconds and any offset. */
function spelled(us: number, nanos: number, offsetMinutes: number): string {
  const local = new Date(Math.floor(us / 1000) + offsetMinutes * 60_000).toISOString().slice(0, 19)
  const fraction = `${String(us % 1_000_000).padStart(6, '0')}${String(nanos).padStart(3, '0')}`
  if (offsetMinutes === 0) return `${local}.${fraction}Z`
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60]
  const two = (n: number) => String(n).padStart(2, '0')
  return `${local}.${fraction}${offsetMinutes < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`
}

test('every µs survives nanoseconds and offsets', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 86_400_000_000, max: 9_007_199_254_740_991 }),
      fc.integer({ min: 0, max: 999 }),
      fc.integer({ min: -1439, max: 1439 }),
      (us, nanos, offset) => {
        expect(parseTimestamp(spelled(us, nanos, offset))).toBe(us)
      },
    ),
    { numRuns: 2000 },
  )
})

test('formatting drops only what is below a millisecond; 0 means never', () => {
  expect(formatTimestamp(1_795_449_746_518_381)).toBe('2026-11-23T16:02:26.518Z')
  expect(formatTimestamp(0)).toBeNull()
  fc.assert(
    fc.property(anyUs, (us) => {
      const parsed = parseTimestamp(formatTimestamp(us) ?? '') ?? 0
      expect(parsed).toBe(us - (us % 1000))
    }),
  )
})

test('a text of the right shape never throws, and gives a valid time or none', () => {
  const anyText = fc.stringMatching(
    /^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,12})?Z$/,
  )
  let times = 0
  fc.assert(
    fc.property(anyText, (text) => {
      const us = parseTimestamp(text)
      if (us === undefined) return
      times += 1
      expect(Number.isSafeInteger(us) && us > 0).toBe(true)
      expect(formatTimestamp(us)?.slice(0, 19)).toBe(text.slice(0, 19))
    }),
    { numRuns: 2000 },
  )
  expect(times).toBeGreaterThan(10)
})
