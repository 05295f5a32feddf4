import { describe, expect, test } from 'vitest'
import { indexed } from '../../lab/images.ts'
import { deletionOf } from '../../src/usage/deletion.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'

const repository = 'team/app'
/** The names of the images that go. */
function namesDeleted(
  images: IndexedImage[],
  target: { tag: string } | { digest: string } | object,
): string[] | undefined {
  const names = new Map('abcdef'.split('').map((name) => [indexed(name).digest, name]))
  return deletionOf(images, { repository, ...target })?.map(({ digest }) => names.get(digest) ?? '?')
}

describe('deletionOf', () => {
  const app = indexed('a', { tags: { v1: 1 } })

  test('a tag takes its manifest along, unless another tag or an index needs it', () => {
    expect(namesDeleted([app], { tag: 'v1' })).toEqual(['a'])
    expect(namesDeleted([indexed('a', { tags: { v1: 1, v2: 1 } })], { tag: 'v1' })).toEqual([])
    expect(namesDeleted([app, indexed('b', { lists: ['a'], tags: { multi: 1 } })], { tag: 'v1' })).toEqual([])
    expect(
      namesDeleted([app, indexed('b', { lists: ['a'], repository: 'else/where' })], { tag: 'v1' }),
    ).toEqual(['a'])
  })

  test('a manifest goes whatever its tags, with the children that no other index lists, at any depth', () => {
    const images = [
      indexed('a', { tags: { v1: 1, v2: 1 }, lists: ['b', 'c', 'd'] }),
      indexed('b', { lists: ['e'] }),
      indexed('c', { tags: { own: 1 } }),
      ...[indexed('d'), indexed('e')],
      indexed('f', { tags: { other: 1 }, lists: ['d'] }),
    ]
    expect(namesDeleted(images, { digest: indexed('a').digest })?.sort()).toEqual(['a', 'b', 'e'])
  })

  test('a child of two manifests goes once both go', () => {
    const images = [
      indexed('a', { lists: ['b', 'c'] }),
      indexed('b', { lists: ['d'] }),
      indexed('c', { lists: ['d'] }),
      indexed('d'),
    ]
    expect(namesDeleted(images, { digest: indexed('a').digest })?.sort()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('a signature does not take its subject along, nor the other way round', () => {
    const images = [indexed('a'), indexed('b', { tags: { sig: 1 }, subject: 'a' })]
    expect(namesDeleted(images, { tag: 'sig' })).toEqual(['b'])
    expect(namesDeleted(images, { digest: indexed('a').digest })).toEqual(['a'])
  })

  test('a repository goes whole; a target that is not there gives undefined, not an empty list', () => {
    expect(namesDeleted([app, indexed('b')], {})).toEqual(['a', 'b'])
    expect(namesDeleted([app], { tag: 'v9' })).toBeUndefined()
    expect(namesDeleted([app], { digest: indexed('b').digest })).toBeUndefined()
    expect(deletionOf([app], { repository: 'nowhere' })).toBeUndefined()
  })
})
