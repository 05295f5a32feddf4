import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyFact } from '../../lab/facts.ts'
import { compactFacts } from '../../src/replay/compact-facts.ts'
import { decodeLine, encodeEntry, entryOf } from '../../src/replay/journal-line.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { type Image, modelOf } from '../../src/usage/model.ts'

const entries = (facts: readonly Fact[]) =>
  facts.flatMap((fact, n) => entryOf(`event-${n}`, 'ci', fact) ?? [])

test('an entry is decoded from its line as it was', () => {
  fc.assert(
    fc.property(anyFact, (fact) => {
      for (const id of ['', 'x"\n']) {
        const entry = entryOf(id, 'ci', fact)
        if (fact.kind === 'scan') expect(entry).toBeUndefined()
        else expect(decodeLine(encodeEntry(entry as NonNullable<typeof entry>))).toEqual({ entry })
      }
    }),
  )
})

test('the facts of entries make the same images as those that the index was told', () => {
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 40 }), (facts) => {
      const { images, held } = modelOf(entries(facts).map(({ fact }) => fact))
      const expected = modelOf(facts)
      expect({ images, held }).toEqual({ images: expected.images, held: expected.held })
    }),
  )
})

test('compacted facts make the same images, and of pulls only the last by each tag is left', () => {
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 60 }), (facts) => {
      const standing = entries(facts).map(({ fact }) => fact)
      const compacted = compactFacts(standing)
      const { images, held } = modelOf(compacted)
      const expected = modelOf(standing)
      // Their order is that of the facts.
      expect({ images: sorted(images), held }).toEqual({
        images: sorted(expected.images),
        held: expected.held,
      })
      expect(compactFacts(compacted)).toEqual(compacted)
    }),
  )
  const pull = { kind: 'present', via: 'pull', repository: 'a', size: 1, mediaType: 'm' } as const
  const digest = `sha256:${'a'.repeat(64)}`
  const pulls = Array.from({ length: 100 }, (_, n) => ({ ...pull, digest, at: n }))
  expect(compactFacts(pulls)).toEqual([{ ...pull, digest, at: 99 }])
})

test('a line that is none is not understood; the others of the journal are', () => {
  for (const text of [
    '',
    '{',
    '[]',
    '["push","a","ci",["present"]]',
    '["hack","","ci",["drop","a",1]]',
    '{"lost":-1}',
  ])
    expect(decodeLine(text)).toBeUndefined()
  expect(decodeLine('1795449746518')).toEqual({ heardAt: 1_795_449_746_518 })
  expect(decodeLine('{"lost":3,"since":0}')).toEqual({ gap: { lost: 3, since: 0 } })
})

const sorted = (images: readonly Image[]) =>
  images.toSorted((a, b) => (`${a.repository}@${a.digest}` < `${b.repository}@${b.digest}` ? -1 : 1))
