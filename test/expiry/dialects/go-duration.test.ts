import { expect, test } from 'vitest'
import { parseGoDuration } from '../../../src/expiry/dialects/go-duration.ts'

// https://pkg.go.dev/time#ParseDuration
test.each([
  ['0', 0],
  ['720h', 720 * 3600e6],
  ['1h15m30.918s', (3600 + 15 * 60) * 1e6 + 30.918e6],
  ['-1.5h', -1.5 * 3600e6],
  ['.5s', 5e5],
  ['1.s', 1e6],
  ['300ms', 300_000],
  ['1µs', 1],
  ['1500ns', 1.5],
])('%s is %d µs', (text, length) => {
  expect(parseGoDuration(text)).toBeCloseTo(length, 3)
})

test.each(['', '7d', '2w', '12', 'h', '1h ', '1 h', '--1h', '9999999h', '1H'])('"%s" is refused', (text) => {
  expect(() => parseGoDuration(text)).toThrow(RangeError)
})
