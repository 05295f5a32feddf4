import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/platform/units.ts'

describe('parseSize', () => {
  test.each([
    ['1024', 1024],
    ['0', 0],
    ['7B', 7],
    ['500MB', 500_000_000],
    ['50 GiB', 50 * 2 ** 30],
    ['1.5TiB', 1.5 * 2 ** 40],
    ['2.3kB', 2300],
    ['1.1GiB', 1_181_116_006],
    ['9PB', 9e15],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  test.each(['', 'GiB', '-1', '1e3', '50gib', '50Gb', '1,5GB', '5 constructor', ' 1', '1.', '.5GB'])(
    'refuses %j and says what it expects',
    (text) => {
      expect(() => parseSize(text)).toThrow(/^expected a size such as 50GiB/)
    },
  )

  test('refuses sizes that a number cannot hold exactly', () => {
    expect(parseSize(String(Number.MAX_SAFE_INTEGER))).toBe(Number.MAX_SAFE_INTEGER)
    expect(() => parseSize('9007199254740992')).toThrow('expected a size below 8PiB')
    expect(() => parseSize('8PiB')).toThrow('expected a size below 8PiB')
  })

  test('is exact for every whole number of every unit', () => {
    const units = {
      B: 1,
      kB: 1e3,
      MB: 1e6,
      GB: 1e9,
      TB: 1e12,
      KiB: 2 ** 10,
      MiB: 2 ** 20,
      GiB: 2 ** 30,
      TiB: 2 ** 40,
    }
    fc.assert(
      fc.property(fc.constantFrom(...Object.entries(units)), fc.nat(8191), ([unit, factor], count) => {
        expect(parseSize(`${count}${unit}`)).toBe(count * factor)
      }),
    )
  })
})

describe('formatSize', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [2 ** 20 - 1, '1.0 MiB'],
    [5_046_586_573, '4.7 GiB'],
    [-1536, '-1.5 KiB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text)
  })

  test('parseSize reads the text back to within half a decimal', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 52), (bytes) => {
        expect(Math.abs(parseSize(formatSize(bytes)) - bytes)).toBeLessThanOrEqual(bytes * 0.0501 + 1)
      }),
    )
  })

  test('never prints 1024 of a unit', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(formatSize(bytes)).toMatch(/^(\d{1,4} B|(?!1024)\d{1,4}\.\d .iB)$/)
      }),
    )
  })
})

describe('parseDuration', () => {
  test.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['15m', 900_000],
    ['1.5h', 5_400_000],
    ['14d', 1_209_600_000],
    ['2 w', 1_209_600_000],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  test.each(['', '5', 'd', '1h30m', '-1d', '1 month', '5toString', '99999999999999999d'])(
    'refuses %j and says what it expects',
    (text) => {
      expect(() => parseDuration(text)).toThrow(/^expected a duration such as 90s/)
    },
  )
})

describe('formatDuration', () => {
  test.each([
    [0, '0s'],
    [250, '250ms'],
    [90_000, '1m 30s'],
    [5_400_000, '1h 30m'],
    [86_400_000 + 61_000, '1d'],
    [14 * 86_400_000, '14d'],
    [14 * 86_400_000 + 3_600_000 + 59_999, '14d 1h'],
  ])('%d ms are %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })

  test('its parts add up to at most the duration, and miss less than the smallest unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 ** 12 }), (milliseconds) => {
        const parts = formatDuration(milliseconds).split(' ')
        const shown = parts.reduce((sum, part) => sum + parseDuration(part), 0)
        const unit = parseDuration(`1${parts.at(-1)?.replace(/\d+/, '')}`)
        expect(shown).toBeLessThanOrEqual(milliseconds)
        expect(milliseconds - shown).toBeLessThan(unit)
      }),
    )
  })
})
