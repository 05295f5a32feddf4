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
        expect(recent.has(text)).toBe(isKept)
      }
      if (!texts.includes(other)) expect(recent.has(other)).toBe(false)
      recent.clear()
      for (const text of texts) expect(recent.has(text)).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test('of texts alike as ids are, nearly all of the last thousand are known, and none that was never added', () => {
  const recent = makeRecent()
  const name = (n: number) => `ci 00000000-0000-4000-8000-${String(n).padStart(12, '0')} 2026-11-23T10:00:00Z`
  for (let n = 0; n < 100_000; n++) recent.add(name(n))
  const known = (from: number) =>
    Array.from({ length: 1_000 }, (_, n) => recent.has(name(from + n))).filter(Boolean)
  expect(known(99_000).length).toBeGreaterThan(950)
  expect(known(100_000)).toEqual([])
})
