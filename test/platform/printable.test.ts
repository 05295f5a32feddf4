import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printable, printableJson } from '../../src/platform/printable.ts'

test('controls, direction marks and line separators are escaped', () => {
  expect(printable('a\u001b[31m\u009b\r\n\u202eb\u2028\u200b\ud800c')).toBe(
    'a\\u{1b}[31m\\u{9b}\\u{d}\\u{a}\\u{202e}b\\u{2028}\\u{200b}\\u{d800}c',
  )
})

test('letters of any script, accents and emoji stay', () => {
  const text = 'ci/überträger:日本語 é 😀'
  expect(printable(text)).toBe(text)
})

test('nothing that is printed can start a new line or an escape sequence', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      expect(printable(printable(text))).toBe(printable(text))
    }),
  )
})

test('JSON escapes the same characters, and a parser reads the same value', () => {
  const text = printableJson({ tag: 'a\u001b\u009b\u202e\u{e0041}\u007fé😀' })
  expect(text).toBe('{\n  "tag": "a\\u001b\\u009b\\u202e\\udb40\\udc41\\u007fé😀"\n}')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      expect(JSON.parse(printableJson({ value }))).toEqual({ value })
      expect(printableJson({ value }).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u)
    }),
  )
})
