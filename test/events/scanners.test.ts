import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endsOnLongInput } from '../../lab/ends-on-long-input.ts'
import { makeIsScanner } from '../../src/events/scanners.ts'
import { makeWildcard } from '../../src/platform/wildcard.ts'

describe('wildcards', () => {
  test.each([
    ['*trivy*', 'aquasecurity/trivy 0.57 (linux; amd64)', true],
    ['clair/*', 'clair/4.7 go/1.22', true],
    ['clair/*', 'eclair/4.7', false],
    ['*(linux*)', 'x/1 (linux; amd64)', true],
    ['*(linux*)', 'x/1 (linux; amd64) y', false],
    ['trivy', 'trivy', true],
    ['trivy', 'Trivy', false],
    ['trivy', 'trivy/1', false],
    ['*', '', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['*ab*ab*', 'abab', true],
    ['*ab*ab*', 'aba', false],
    ['a?[b]{c,d}', 'axbc', false],
    ['a?[b]{c,d}', 'a?[b]{c,d}', true],
  ])('%s of "%s": %s', (pattern, text, matches) => {
    expect(makeWildcard(pattern)(text)).toBe(matches)
  })

  test('matches the same texts as a regular expression in which * is any run of characters', () => {
    const anyText = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 8 })
    const anyPattern = fc
      .array(fc.constantFrom('a', 'b', '/', '.', '*', '*'), { maxLength: 6 })
      .map((c) => c.join(''))
    let matched = 0
    fc.assert(
      fc.property(anyPattern, anyText, (pattern, text) => {
        const escaped = pattern.replaceAll('.', '\\.').replaceAll('*', '.*')
        const expected = new RegExp(`^${escaped}$`, 's').test(text)
        matched += expected ? 1 : 0
        expect(makeWildcard(pattern)(text)).toBe(expected)
      }),
      { numRuns: 5000 },
    )
    expect(matched).toBeGreaterThan(300)
  })

  test('takes linear time for long texts and many wildcards', () => {
    const isMatch = makeWildcard(`${'*a'.repeat(50)}*!`)
    expect(endsOnLongInput(() => isMatch('a'.repeat(5_000_000)))).toBe(false)
  })
})

test('case does not matter in the name of a scanner', () => {
  const isScanner = makeIsScanner({ userAgents: ['*Trivy*'], actors: ['scan*'] })
  expect(isScanner({ request: { useragent: 'aquasecurity/tRIVY 0.57' } })).toBe(true)
  expect(isScanner({ actor: { name: 'Scanner' } })).toBe(true)
})

test('a scanner is known by its user agent or its login; an event without either is no scanner', () => {
  const isScanner = makeIsScanner({ userAgents: ['*trivy*'], actors: ['*'] })
  expect(isScanner({ request: { useragent: 'trivy/1' } })).toBe(true)
  expect(isScanner({ actor: { name: 'anybody' } })).toBe(true)
  expect(isScanner({ actor: { name: '' }, request: { useragent: '' } })).toBe(false)
  expect(isScanner({ actor: {}, request: {} })).toBe(false)
  expect(isScanner({})).toBe(false)
  const nobody = makeIsScanner({ userAgents: [], actors: [] })
  expect(nobody({ request: { useragent: 'trivy/1' }, actor: { name: 'anybody' } })).toBe(false)
})
