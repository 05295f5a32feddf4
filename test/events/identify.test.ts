import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeIdentify } from '../../src/events/identify.ts'

const CI = 'ci-token-0123456789'
const DEV = 'dev-token-0123456789'
const identify = makeIdentify([
  { name: 'ci', token: CI },
  { name: 'dev', token: DEV },
])

test.each([
  [`Bearer ${CI}`, 'ci'],
  [`Bearer ${DEV}`, 'dev'],
  [`bearer ${CI}`, 'ci'],
  [`BEARER   ${CI}  `, 'ci'],
])('%j is %s', (header, name) => {
  expect(identify(header)).toBe(name)
})

test.each([
  [undefined],
  [''],
  ['Bearer'],
  ['Bearer '],
  ['Bearer  '],
  [CI],
  [`Basic ${CI}`],
  [`Basic Bearer ${CI}`],
  [`Bearer${CI}`],
  [`Bearer ${CI}x`],
  [`Bearer ${CI.slice(0, -1)}`],
  [`Bearer ${CI.toUpperCase()}`],
  [`Bearer ${CI} ${DEV}`],
  [`Bearer ${CI},Bearer ${DEV}`],
  [`Bearer ${CI}\nX: y`],
  [`Bearer ${DEV}0`],
  [`Bearer ${DEV}é`],
])('%j is nobody', (header) => {
  expect(identify(header)).toBeUndefined()
})

test('without configured tokens every header is refused', () => {
  expect(makeIdentify([])(`Bearer ${CI}`)).toBeUndefined()
})

test('an empty configured token matches nobody', () => {
  const careless = makeIdentify([{ name: 'ci', token: '' }])
  for (const header of ['Bearer ', 'Bearer', '', undefined]) expect(careless(header)).toBeUndefined()
})

test('each of many tokens gives its own name, and any other text gives none', () => {
  const anyToken = fc.stringMatching(/^[\x21-\x7e]{1,40}$/)
  fc.assert(
    fc.property(fc.uniqueArray(anyToken, { minLength: 2, maxLength: 6 }), ([other = '', ...tokens]) => {
      const known = makeIdentify(tokens.map((token, i) => ({ name: `registry-${i}`, token })))
      for (const [i, token] of tokens.entries()) expect(known(`Bearer ${token}`)).toBe(`registry-${i}`)
      expect(known(`Bearer ${other}`)).toBeUndefined()
    }),
  )
})
