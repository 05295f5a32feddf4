import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ARTIFACT_KINDS } from '../../../src/expiry/details/artifact-kind.ts'
import { type Entry, keptTexts, sharedTexts, type Texts } from '../../../src/expiry/details/details.ts'
import { packEntry, readEntry } from '../../../src/expiry/details/entry.ts'

const anyTexts: fc.Arbitrary<Texts | null> = fc.option(fc.dictionary(fc.string(), fc.option(fc.string())))
const anyType = fc.option(
  fc.oneof(
    fc.string(),
    fc.constantFrom('application/vnd.oci.image.config.v1+json', 'application/vnd.oci.empty.v1+json'),
  ),
  { nil: undefined },
)
const anyEntry: fc.Arbitrary<Entry> = fc.record({
  retryAt: fc.nat(),
  details: fc.record({
    kind: fc.constantFrom(...ARTIFACT_KINDS),
    mediaType: fc.constantFrom('application/vnd.oci.image.manifest.v1+json', 'text/plain'),
    artifactType: anyType,
    configMediaType: anyType,
    annotations: anyTexts,
    labels: fc.option(anyTexts, { nil: undefined }),
  }),
})

test('an entry is read as it was written', () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      expect(readEntry(packEntry(entry))).toEqual(entry)
    }),
  )
  expect(readEntry(packEntry({ retryAt: 7 }))).toEqual({ retryAt: 7 })
})

test('an entry of another version counts as not there', () => {
  expect(readEntry('[0,0,0,0,null,4,{}]')).toBeUndefined()
})

test('a long value is not kept, and neither are labels that are too many', () => {
  expect(keptTexts({ a: 'x'.repeat(1_024), b: 'x'.repeat(1_025) })).toEqual({ a: 'x'.repeat(1_024), b: null })
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`label-${n}`, 'x'.repeat(1_000)]))
  expect(keptTexts(many)).toBeNull()
})

test.each<[string, (Texts | undefined)[], Texts | undefined]>([
  [
    'those with the same value',
    [
      { a: '1', b: '2' },
      { a: '1', b: '3' },
      { a: '1', c: '4' },
    ],
    { a: '1', b: undefined, c: undefined },
  ],
  ['all of one image', [{ a: '1' }], { a: '1' }],
  ['none of no image', [], {}],
  ['nothing known if one is not known', [{ a: '1' }, undefined], undefined],
  ['nothing known if the first is not known', [undefined, { a: '1' }], undefined],
  ['a value that is not known', [{ a: '1' }, { a: null }], { a: null }],
  ['a value that none knows', [{ a: null }, { a: null }], { a: null }],
  ['no value that differs', [{ a: '1' }, { a: null }, { a: '2' }], { a: null }],
  ['perhaps what only some have', [{ toString: '1' }, {}], { toString: undefined }],
])('images share %s', (_, labels, shared) => expect(sharedTexts(labels)).toStrictEqual(shared))
