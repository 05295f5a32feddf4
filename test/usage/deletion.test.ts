import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyImages, indexed } from '../../lab/images.ts'
import { digestKey } from '../../src/usage/codec.ts'
import { deletionOf, releasedKeys } from '../../src/usage/deletion.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'

const repository = 'team/app'
/** The names of what goes. */
function gone(
  images: IndexedImage[],
  target: { tag: string } | { digest: string } | object,
): string[] | undefined {
  const names = new Map('abcdef'.split('').map((name) => [indexed(name).digest, name]))
  return deletionOf(images, { repository, ...target })?.map(({ digest }) => names.get(digest) ?? '?')
}

describe('what goes when something is deleted', () => {
  const app = indexed('a', { tags: { v1: 1 } })

  test('a tag takes its manifest along, unless another tag or an index needs it', () => {
    expect(gone([app], { tag: 'v1' })).toEqual(['a'])
    expect(gone([indexed('a', { tags: { v1: 1, v2: 1 } })], { tag: 'v1' })).toEqual([])
    expect(gone([app, indexed('b', { lists: ['a'], tags: { multi: 1 } })], { tag: 'v1' })).toEqual([])
    expect(gone([app, indexed('b', { lists: ['a'], repository: 'else/where' })], { tag: 'v1' })).toEqual([
      'a',
    ])
  })

  test('a manifest goes whatever names it, with the children that nothing else names, at any depth', () => {
    const images = [
      indexed('a', { tags: { v1: 1, v2: 1 }, lists: ['b', 'c', 'd'] }),
      indexed('b', { lists: ['e'] }),
      indexed('c', { tags: { own: 1 } }),
      ...[indexed('d'), indexed('e')],
      indexed('f', { tags: { other: 1 }, lists: ['d'] }),
    ]
    expect(gone(images, { digest: indexed('a').digest })?.sort()).toEqual(['a', 'b', 'e'])
  })

  test('a child of two goes with the second of them', () => {
    const images = [
      indexed('a', { lists: ['b', 'c'] }),
      indexed('b', { lists: ['d'] }),
      indexed('c', { lists: ['d'] }),
      indexed('d'),
    ]
    expect(gone(images, { digest: indexed('a').digest })?.sort()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('a signature does not take its subject along, nor a subject its signature', () => {
    const images = [indexed('a'), indexed('b', { tags: { sig: 1 }, subject: 'a' })]
    expect(gone(images, { tag: 'sig' })).toEqual(['b'])
    expect(gone(images, { digest: indexed('a').digest })).toEqual(['a'])
  })

  test('a repository goes whole; what is not there is told from what frees nothing', () => {
    expect(gone([app, indexed('b')], {})).toEqual(['a', 'b'])
    expect(gone([app], { tag: 'v9' })).toBeUndefined()
    expect(gone([app], { digest: indexed('b').digest })).toBeUndefined()
    expect(deletionOf([app], { repository: 'nowhere' })).toBeUndefined()
  })
})

test('what is released is exactly what nothing that stays is made of', () => {
  const contents = ({ digest, references = [] }: IndexedImage) => [
    digestKey(digest),
    ...references.filter(({ kind }) => kind === 'blob').map(({ key }) => key),
  ]
  fc.assert(
    fc.property(anyImages, fc.nat(), (images, n) => {
      const target = images[n % Math.max(1, images.length)]
      if (target === undefined) return
      const gone = deletionOf(images, { repository: target.repository, digest: target.digest }) ?? []
      expect(gone).toContain(target)
      for (const image of gone) expect(image === target || image.tags.length === 0).toBe(true)
      const stays = new Set(images.filter((image) => !gone.includes(image)).flatMap(contents))
      const released = releasedKeys(images, gone)
      for (const key of gone.flatMap(contents)) expect(released.has(key)).toBe(!stays.has(key))
    }),
    { numRuns: 500 },
  )
})
