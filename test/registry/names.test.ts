import fc from 'fast-check'
import { expect, it } from 'vitest'
import { endsOnLongInput } from '../../lab/ends-on-long-input.ts'
import { algorithmOf, hashesTo, hashOf, isDigest } from '../../src/registry/digest.ts'
import { isRepositoryName, isTag } from '../../src/registry/name.ts'

const run = fc.string({ unit: fc.constantFrom(...'abyz019'), minLength: 1, maxLength: 5 })
const separator = fc.oneof(
  fc.constantFrom('.', '_', '__'),
  fc.nat(4).map((n) => '-'.repeat(n + 1)),
)
const component = fc
  .tuple(run, fc.array(fc.tuple(separator, run), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.flat().join(''))

it('accepts every name of the grammar', () => {
  fc.assert(
    fc.property(fc.array(component, { minLength: 1, maxLength: 5 }), (components) => {
      expect(isRepositoryName(components.join('/'))).toBe(true)
    }),
  )
})

it('rejects every other name', () => {
  for (const name of [
    '',
    '/',
    'a/',
    '/a',
    'a//b',
    'A',
    'a..b',
    'a___b',
    'a._b',
    '-a',
    'a-',
    '..',
    'a\n',
    'é',
  ])
    expect(isRepositoryName(name), name).toBe(false)
  expect(isRepositoryName('a'.repeat(255))).toBe(true)
  expect(isRepositoryName('a'.repeat(256))).toBe(false)
})

it('takes linear time for the worst of names', () => {
  const names = ['a', 'a-', 'a_', 'a__', '-', 'a/', 'a.a'].flatMap((unit) =>
    Array.from({ length: 254 }, (_, n) => `${unit.repeat(n + 1).slice(0, n + 1)}!`),
  )
  expect(endsOnLongInput(() => names.filter(isRepositoryName))).toEqual([])
})

it('tells tags from other text', () => {
  for (const tag of ['v1', '_', 'A.b-c', 'x'.repeat(128)]) expect(isTag(tag), tag).toBe(true)
  for (const tag of ['', '.a', '-a', 'a/b', 'a:b', 'a\n', 'x'.repeat(129)])
    expect(isTag(tag), tag).toBe(false)
})

it('makes, recognises and checks digests', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('sha256', 'sha384', 'sha512'), (content, algorithm) => {
      const bytes = Buffer.from(content)
      const digest = hashOf(bytes, algorithm)
      expect(isDigest(digest)).toBe(true)
      expect(algorithmOf(digest)).toBe(algorithm)
      expect(hashesTo(bytes, digest)).toBe(true)
      expect(hashesTo(Buffer.concat([bytes, Buffer.from('x')]), digest)).toBe(false)
      for (const wrong of [
        digest.slice(0, -1),
        `${digest}0`,
        digest.toUpperCase(),
        `${digest}\n`,
        ` ${digest}`,
      ])
        expect(isDigest(wrong)).toBe(false)
    }),
  )
  expect(isDigest(`md5:${'0'.repeat(32)}`)).toBe(false)
})
