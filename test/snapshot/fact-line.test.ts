import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyStandingFact } from '../../lab/facts.ts'
import { decodeFactLine, encodeFactLine } from '../../src/snapshot/fact-line.ts'
import type { StandingFact } from '../../src/usage/fact.ts'

/** Facts that `index.facts` may give but histories do not: cut digests, unknown sizes and media types, any names. */
const anyOddFact = fc
  .record({
    fact: anyStandingFact,
    repository: fc.string({ unit: 'binary' }),
    at: fc.maxSafeNat(),
    digest: fc.constantFrom(`key:${'0a'.repeat(16)}`, `sha512:${'9f'.repeat(64)}`),
    mediaType: fc.constantFrom('', 'application/vnd.example+json', 'line\nbreak "quoted"'),
    size: fc.constantFrom(0, Number.MAX_SAFE_INTEGER),
    references: fc.constantFrom('none', 'empty', 'as they are'),
  })
  .map(({ fact, repository, at, digest, mediaType, size, references }): StandingFact => {
    if (!('mediaType' in fact)) return { ...fact, repository, at }
    const { references: given = [], ...sight } = fact
    const odd = { ...sight, repository, at, digest, mediaType, size }
    if (references === 'none') return odd
    return { ...odd, references: references === 'empty' ? [] : given.map((ref) => ({ ...ref, digest })) }
  })

test('a fact is decoded from its one line as it was', () => {
  fc.assert(
    fc.property(fc.oneof(anyStandingFact, anyOddFact), (fact) => {
      const line = encodeFactLine(fact)
      expect(line).not.toContain('\n')
      expect(decodeFactLine(JSON.parse(line))).toStrictEqual(fact)
    }),
    { numRuns: 2_000 },
  )
})

const digest = `sha256:${'a'.repeat(64)}`

test.each([
  ['nothing', undefined],
  ['an object', { kind: 'drop', repository: 'a', at: 1 }],
  ['an unknown kind', ['lost', 'a', 1]],
  ['a use, which is no standing fact', ['scan', 'a', 1, 'id']],
  ['too short', ['link', 'a', 1, digest]],
  ['too long', ['drop', 'a', 1, 2]],
  ['an invalid digest', ['delete', 'a', 1, 'latest']],
  ['a negative time', ['drop', 'a', -1]],
  ['a size beyond 2^53', ['link', 'a', 1, digest, 2 ** 53]],
  ['a fraction', ['drop', 'a', 1.5]],
  ['an unknown evidence', ['present', 'a', 1, digest, 1, '', null, null, null, 'hearsay', null, null]],
  [
    'a reference without a size',
    ['present', 'a', 1, digest, 1, '', null, 'all', [['blob', digest]], 'push', null, null],
  ],
])('%s is no fact', (_, line) => {
  expect(decodeFactLine(line)).toBeUndefined()
})

test('the same lines without the mistakes are facts', () => {
  const right = [
    ['drop', 'a', 1],
    ['link', 'a', 1, digest, 2],
    ['delete', 'a', 1, digest],
    ['present', 'a', 1, digest, 1, '', null, null, null, 'pull', null, null],
    ['present', 'a', 1, digest, 1, '', null, 'all', [['blob', digest, 1]], 'push', 'bob', ['event', 1]],
  ]
  expect(right.map(decodeFactLine)).not.toContain(undefined)
})
