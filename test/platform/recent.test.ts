import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeRecent } from '../../src/platform/recent.ts'

test('what was added is known, and nothing else ever is', () => {
  const anyText = fc.oneof(
    fc.string({ maxLength: 140 }),
    fc.string({ unit: 'binary', maxLength: 140 }),
    fc.constantFrom('', 'a', 'á', 'ā', 'a'.repeat(127), 'a'.repeat(128)),
  )
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 30 }), anyText, (texts, other) => {
      const recent = makeRecent()
      for (const text of texts) {
        recent.add(text)
        // Longer ones, and those with other letters, are let go.
        const isKept = text.length > 0 && text.length <= 127 && /^[\0-\xff]*$/.test(text)
        expect(recent.add(text)).toBe(isKept)
      }
      if (!texts.includes(other)) expect(recent.add(other)).toBe(false)
      recent.forget(other)
      expect(recent.add(other)).toBe(false)
      recent.clear()
      for (const text of new Set(texts)) expect(recent.add(text)).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test('of texts alike as ids are, the last thousands are known, and none that was never added', () => {
  const recent = makeRecent()
  const name = (n: number) =>
    `ci 36 00000000-0000-4000-8000-${String(n).padStart(12, '0')}2026-11-23T10:00:00Z`
  const known = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => recent.add(name(from + n))).filter(Boolean).length
  expect(known(0, 100_000)).toBe(0)
  expect(known(98_000, 2_000)).toBe(2_000)
  // What is found is not added again, so that the order stays; the few that are not found are.
  expect(known(80_000, 20_000)).toBeGreaterThan(19_500)
})
