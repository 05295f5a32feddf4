import fc from 'fast-check'
import picomatch from 'picomatch'
import { expect, test } from 'vitest'
import { GLOB_OPTIONS, isBounded, makeGlob } from '../../src/platform/glob.ts'

test('a glob filters a list: the positions that filter and some pass mean nothing', () => {
  const names = ['ci', 'production', 'ci-2', 'other']
  expect(names.filter(makeGlob('ci'))).toEqual(['ci'])
  expect(names.filter(makeGlob('ci*'))).toEqual(['ci', 'ci-2'])
  expect(names.some(makeGlob('x'))).toBe(false)
})

const part = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[ab.-]{1,2}$/) },
  ...['*', '*', '?', '[ab]', '{a,b}', '{a,b*}', '@(a|b*)', '+(a|b)', '*(ab)', '?(a)', '!(a)'].map((one) => ({
    ...{ weight: 1, arbitrary: fc.constant(one) },
  })),
)
const segment = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''))
const glob = fc
  .array(fc.oneof({ weight: 4, arbitrary: segment }, { weight: 1, arbitrary: fc.constant('**') }), {
    ...{ minLength: 1, maxLength: 4 },
  })
  .map((segments) => segments.join('/'))
const name = fc
  .array(
    fc.stringMatching(/^[ab.-]{1,4}$/).filter((one) => !/^\.+$/.test(one)),
    { minLength: 1, maxLength: 4 },
  )
  .map((segments) => segments.join('/'))

test('a glob matches what picomatch matches', () => {
  fc.assert(
    fc.property(glob, fc.array(name, { minLength: 1, maxLength: 8 }), (pattern, names) => {
      const matches = picomatch(pattern, GLOB_OPTIONS)
      for (const one of names)
        expect([pattern, one, makeGlob(pattern)(one)]).toEqual([pattern, one, matches(one)])
    }),
    { numRuns: 1_000, examples: [['@(a|b*)/**/*', ['a', 'a/b']]] },
  )
})

test.each(['*a*a*a*a*a*a*a*b', '*(*a)b', '{a,aa}'.repeat(30), '**/*a*/**/*a*/**/*a*/b', '**/**/**/**/**/b'])(
  'no name makes %s try very many ways',
  (pattern) => {
    expect(isBounded(pattern)).toBe(true)
    // It ends: the regular expression of picomatch takes minutes to years for some of these.
    expect(makeGlob(pattern)('a'.repeat(128))).toBe(false)
    expect(makeGlob(pattern)(`${'a/'.repeat(127)}c`)).toBe(false)
  },
)

test.each([
  ['!(x)', true],
  ['v!(x)*', true],
  ['!(x)*a*b', false],
  ['!(a)!(b)!(c)', false],
  ['!(+(a|aa))', false],
])('%s is bounded: %s', (pattern, expected) => {
  expect(isBounded(pattern)).toBe(expected)
})
