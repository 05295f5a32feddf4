import { describe, expect, test } from 'vitest'
import type { Fact, ManifestPresence, ManifestPull, ManifestPush, Reference } from '../../src/usage/fact.ts'
import { MAX_SIZE } from '../../src/usage/fact.ts'
import { modelOf, registryModelOf } from '../../src/usage/model.ts'
import type { Size } from '../../src/usage/model-sizes.ts'

/** The definition of the index, by small cases with numbers worked out by hand. Times are in µs. */
const SECOND = 1_000_000
const T = 1_000 * SECOND
const REPOSITORY = 'team/app'

const blob = (digest: string, size: number): Reference => ({ kind: 'blob', digest, size })
const child = (digest: string, size: number): Reference => ({ kind: 'child', digest, size })

const push = (digest: string, more: Partial<ManifestPush> = {}): Fact => ({
  ...{ kind: 'push', repository: REPOSITORY, at: T, digest, size: 10, mediaType: 'manifest' },
  ...more,
})
const pull = (digest: string, more: Partial<ManifestPull> = {}): Fact => ({
  ...{
    kind: 'pull',
    repository: REPOSITORY,
    at: T,
    digest,
    size: 10,
    mediaType: 'manifest',
    id: `of ${digest}`,
  },
  ...more,
})
const present = (digest: string, via: 'push' | 'pull', more: Partial<ManifestPresence> = {}): Fact => ({
  ...{ kind: 'present', via, repository: REPOSITORY, at: T, digest, size: 10, mediaType: 'manifest' },
  ...more,
})
const measured = (bytes: number): Size => ({ bytes, isMeasured: true })
const stated = (bytes: number): Size => ({ bytes, isMeasured: false })
const link = (digest: string, size: number, at = T, repository = REPOSITORY): Fact => {
  return { kind: 'link', repository, at, digest, size }
}
const remove = (digest: string, at: number, repository = REPOSITORY): Fact => {
  return { kind: 'delete', repository, at, digest }
}
const untag = (tag: string, at: number): Fact => ({ kind: 'untag', repository: REPOSITORY, at, tag })
const drop = (repository: string, at: number): Fact => ({ kind: 'drop', repository, at })

const countersOf = (...facts: Fact[]) => modelOf(facts).counters
const digests = (...facts: Fact[]) => modelOf(facts).images.map(({ digest }) => digest)
/** Tag → digest. */
const tagsOf = (...facts: Fact[]) =>
  Object.fromEntries(
    modelOf(facts).images.flatMap(({ digest, tags }) => tags.map(({ name }) => [name, digest])),
  )

test('nothing is known of no facts', () => {
  expect(modelOf([])).toEqual({
    images: [],
    held: new Map(),
    counters: {
      ...{ unique: 0, referenced: 0, unreferenced: 0, manifests: 0, tags: 0, repositories: 0, unresolved: 0 },
      ...{ lastPush: 0, lastPull: 0, pulls: 0, scans: 0, lastPushedBy: '' },
    },
  })
})

test('a pushed image', () => {
  const references = [blob('config', 100), blob('layer', 1000), child('other', 7)]
  const { images, held, counters } = modelOf([
    push('a', { tag: 'v1', references, extent: 'all', actor: 'ann' }),
  ])
  const age = { at: T, source: 'event' }
  expect(images).toEqual([
    {
      ...{ repository: REPOSITORY, digest: 'a', size: 10, mediaType: 'manifest', references },
      ...{ isResolved: true, age, heardSince: T, pulledAt: 0, tags: [{ name: 'v1', age }] },
    },
  ])
  // A child counts only where it is present itself.
  expect(held).toEqual(
    new Map([
      ['a', measured(10)],
      ['config', stated(100)],
      ['layer', stated(1000)],
    ]),
  )
  expect(counters).toEqual({
    ...{ unique: 1110, referenced: 1110, unreferenced: 0, manifests: 1, tags: 1, repositories: 1 },
    ...{ unresolved: 0, lastPush: T, lastPull: 0, pulls: 0, scans: 0, lastPushedBy: 'ann' },
  })
})

describe('bytes', () => {
  test('a shared layer counts once as unique, and for each image as referenced', () => {
    const references = [blob('layer', 1000)]
    const facts = [push('a', { references }), push('b', { references })]
    expect(countersOf(...facts)).toMatchObject({ unique: 1020, referenced: 2020, manifests: 2 })
  })

  test('an image in two repositories counts once as unique', () => {
    const facts = [push('a', { references: [] }), push('a', { references: [], repository: 'team/web' })]
    expect(countersOf(...facts)).toMatchObject({ unique: 10, referenced: 20, manifests: 2, repositories: 2 })
  })

  test('two images in one repository', () => {
    expect(countersOf(push('a'), push('b'))).toMatchObject({ manifests: 2, repositories: 1 })
  })

  test('the size that an index states for a child does not count', () => {
    const facts = [push('b', { references: [] }), push('a', { references: [child('b', 99)] })]
    expect(countersOf(...facts)).toMatchObject({ unique: 20, referenced: 20 })
  })

  test('a deleted child of an index is no upload', () => {
    const facts = [push('b'), remove('b', T + 1), push('a', { at: T + 2, references: [child('b', 10)] })]
    expect(countersOf(...facts)).toMatchObject({ unique: 10, unreferenced: 0 })
  })

  test('an upload that no image references is unreferenced', () => {
    expect(countersOf(link('layer', 1000))).toMatchObject({ unique: 0, unreferenced: 1000, manifests: 0 })
    const facts = [link('layer', 1000), push('a', { references: [blob('layer', 1000)] })]
    expect(countersOf(...facts)).toMatchObject({ unique: 1010, unreferenced: 0 })
  })

  test('the layers of a deleted image are unreferenced, its children and its manifest are not', () => {
    const references = [blob('layer', 1000), child('b', 10)]
    const facts = [link('layer', 1000), push('a', { references }), remove('a', T + 1)]
    expect(countersOf(...facts)).toMatchObject({ unique: 0, referenced: 0, unreferenced: 1000, manifests: 0 })
  })

  test('a layer of a deleted image whose size nobody measured counts as 0', () => {
    const facts = [push('a', { references: [blob('layer', 1000)] }), remove('a', T + 1)]
    expect(countersOf(...facts)).toMatchObject({ unique: 0, unreferenced: 0 })
  })

  test('a deleted upload counts no longer, unless it came again', () => {
    expect(countersOf(link('layer', 1000), remove('layer', T + 1)).unreferenced).toBe(0)
    expect(countersOf(link('layer', 1000), remove('layer', T)).unreferenced).toBe(0)
    expect(countersOf(link('layer', 1000, T + 2), remove('layer', T + 1)).unreferenced).toBe(1000)
    expect(countersOf(link('layer', 1000), remove('layer', T + 1, 'team/web')).unreferenced).toBe(1000)
    expect(countersOf(link('layer', 1000), drop(REPOSITORY, T + 1)).unreferenced).toBe(0)
  })
})

describe('the size of a content', () => {
  const heldOf = (digest: string, ...facts: Fact[]) => modelOf(facts).held.get(digest)
  const claim = (manifest: string, size: number, more: Partial<ManifestPush> = {}) =>
    push(manifest, { references: [blob('layer', size)], ...more })

  test('is the largest that manifests state, for as long as one of them states it', () => {
    const facts = [claim('a', 5), claim('b', 8), claim('c', 3)]
    expect(heldOf('layer', ...facts)).toEqual(stated(8))
    expect(heldOf('layer', ...facts.reverse())).toEqual(stated(8))
    expect(heldOf('layer', ...facts, remove('b', T + 1))).toEqual(stated(5))
  })

  test('is the measured one if there is one, larger or smaller', () => {
    expect(heldOf('layer', claim('a', 5), link('layer', 9))).toEqual(measured(9))
    expect(heldOf('layer', claim('a', 5), link('layer', 3))).toEqual(measured(3))
    expect(heldOf('layer', claim('a', 5), link('layer', 0))).toEqual(stated(5))
    expect(countersOf(claim('a', 5), link('layer', 9))).toMatchObject({ unique: 19, referenced: 15 })
  })

  test('is the one that was measured last', () => {
    const facts = [claim('a', 5), link('layer', 9), link('layer', 7, T + 1), link('layer', 0, T + 2)]
    expect(heldOf('layer', ...facts)).toEqual(measured(7))
    expect(heldOf('layer', ...facts.reverse())).toEqual(measured(7))
    expect(heldOf('layer', claim('a', 5), link('layer', 9), link('layer', 7))).toEqual(measured(9))
  })

  test('is measured in any repository, until the content is deleted there', () => {
    const facts = [claim('a', 5), link('layer', 9, T, 'team/web')]
    expect(heldOf('layer', ...facts)).toEqual(measured(9))
    expect(heldOf('layer', ...facts, remove('layer', T + 1, 'team/web'))).toEqual(stated(5))
    expect(heldOf('layer', ...facts, remove('layer', T + 1))).toEqual(measured(9))
  })

  test('of a manifest is the one that was told last with it; a pull counts as five seconds earlier', () => {
    const at = T + 5 * SECOND
    expect(heldOf('a', push('a'), push('a', { at: T + 1, size: 7 }))).toEqual(measured(7))
    expect(heldOf('a', push('a'), push('a', { at: T + 1, size: 0 }))).toEqual(measured(10))
    expect(heldOf('a', push('a'), pull('a', { at, size: 7 }))).toEqual(measured(10))
    expect(heldOf('a', push('a'), pull('a', { at, size: 12 }))).toEqual(measured(12))
    expect(heldOf('a', push('a'), pull('a', { at: at + 1, size: 7 }))).toEqual(measured(7))
    expect(heldOf('a', push('a', { size: 0 }))).toEqual(stated(0))
  })

  test('of a manifest is not the one that a link tells', () => {
    expect(heldOf('a', push('a'), link('a', 99, T + 1))).toEqual(measured(10))
    expect(heldOf('a', push('a', { size: 0 }), link('a', 99))).toEqual(measured(99))
  })

  test('above 1 TiB is not believed', () => {
    expect(heldOf('layer', claim('a', MAX_SIZE))).toEqual(stated(MAX_SIZE))
    expect(heldOf('layer', claim('a', MAX_SIZE + 1))).toEqual(stated(0))
    expect(heldOf('layer', claim('a', 5), link('layer', MAX_SIZE + 2, T + 1))).toEqual(stated(5))
    expect(countersOf(claim('a', MAX_SIZE + 1)).referenced).toBe(10)
  })
})

describe('the projects of a registry', () => {
  const holding = (...sizes: [string, Size][]) => new Map(sizes)

  test('share a content, which then is exclusive to none', () => {
    const projects = [
      holding(['base', stated(100)], ['own', stated(7)]),
      holding(['base', stated(100)], ['other', measured(3)]),
    ]
    expect(registryModelOf(projects)).toEqual({ exclusive: [7, 3], total: 110 })
    expect(registryModelOf([])).toEqual({ exclusive: [], total: 0 })
  })

  test('count a shared content with the largest measured size, else with the largest stated one', () => {
    const totalOf = (...sizes: Size[]) => registryModelOf(sizes.map((size) => holding(['layer', size]))).total
    expect(totalOf(stated(5), stated(8), stated(6))).toBe(8)
    expect(totalOf(stated(900), measured(4), measured(6))).toBe(6)
    expect(totalOf(stated(900), measured(4))).toBe(4)
  })
})

describe('deletes', () => {
  test.each([
    ['an older delete', T - 1, ['a']],
    ['a delete at the same time', T, []],
    ['a younger delete', T + 1, []],
  ])('%s, and a push', (_, at, expected) => {
    expect(digests(push('a'), remove('a', at))).toEqual(expected)
    expect(digests(push('a'), drop(REPOSITORY, at))).toEqual(expected)
    expect(digests(present('a', 'push'), remove('a', at))).toEqual(expected)
  })

  test('a pull is believed five seconds after the last delete', () => {
    const deleted = [push('a', { at: T - 1 }), remove('a', T)]
    expect(digests(...deleted, pull('a', { at: T + 5 * SECOND }))).toEqual([])
    expect(digests(...deleted, pull('a', { at: T + 5 * SECOND + 1 }))).toEqual(['a'])
    expect(digests(...deleted, present('a', 'pull', { at: T + 5 * SECOND }))).toEqual([])
    expect(digests(...deleted, present('a', 'pull', { at: T + 5 * SECOND + 1 }))).toEqual(['a'])
  })

  test('of several deletes the last counts', () => {
    for (const facts of [
      [remove('a', T + 1), remove('a', T - 1)],
      [remove('a', T - 1), remove('a', T + 1)],
      [drop(REPOSITORY, T - 1), remove('a', T + 1)],
      [drop(REPOSITORY, T + 1), remove('a', T - 1)],
    ])
      expect(digests(push('a'), ...facts)).toEqual([])
  })

  test('another digest, or the digest in another repository, is not deleted', () => {
    expect(digests(push('a'), remove('b', T + 1), remove('a', T + 1, 'team/web'))).toEqual(['a'])
    expect(digests(push('a'), drop('team', T + 1), drop('team/app/api', T + 1))).toEqual(['a'])
  })

  test('takes the tags with it, and they do not fall back to an older image', () => {
    const facts = [push('a', { tag: 'v1' }), push('b', { tag: 'v1', at: T + 1 }), remove('b', T + 2)]
    expect(tagsOf(...facts)).toEqual({})
    expect(digests(...facts)).toEqual(['a'])
  })

  test('a tag of a deleted image does not come back with a push by digest', () => {
    const facts = [push('a', { tag: 'v1' }), remove('a', T + 1), push('a', { at: T + 2 })]
    expect(tagsOf(...facts)).toEqual({})
    expect(digests(...facts)).toEqual(['a'])
  })
})

describe('a tag', () => {
  const older = push('a', { tag: 'v1' })
  const younger = push('b', { tag: 'v1', at: T + 1 })

  test('names what was pushed under it last', () => {
    expect(tagsOf(older, younger)).toEqual({ v1: 'b' })
    expect(tagsOf(younger, older)).toEqual({ v1: 'b' })
  })

  test('of two pushes at one time names the greater digest', () => {
    const twin = push('b', { tag: 'v1' })
    expect(tagsOf(older, twin)).toEqual({ v1: 'b' })
    expect(tagsOf(twin, older)).toEqual({ v1: 'b' })
  })

  test('is gone after its deletion, also at the time of a push', () => {
    for (const at of [T, T + 1]) {
      expect(tagsOf(older, untag('v1', at))).toEqual({})
      expect(tagsOf(untag('v1', at), older)).toEqual({})
    }
    expect(tagsOf(older, untag('v1', T - 1))).toEqual({ v1: 'a' })
    expect(tagsOf(older, untag('v2', T + 1))).toEqual({ v1: 'a' })
  })

  test('is known from a pull only if no push and no deletion of it is known', () => {
    const pulled = pull('b', { tag: 'v1', at: T + 9 })
    expect(tagsOf(pulled)).toEqual({ v1: 'b' })
    for (const facts of [
      [older, pulled],
      [pulled, older],
      [older, present('b', 'pull', { tag: 'v1', at: T + 9 })],
    ])
      expect(tagsOf(...facts)).toEqual({ v1: 'a' })
    expect(tagsOf(untag('v1', T), pulled)).toEqual({})
    expect(tagsOf(pulled, pull('a', { tag: 'v1', at: T + 10 }))).toEqual({ v1: 'a' })
    expect(tagsOf(older, present('b', 'push', { tag: 'v1', at: T + 9 }))).toEqual({ v1: 'b' })
  })

  test('from a pull follows the grace after a delete', () => {
    const facts = [push('a', { at: T + 9 * SECOND }), remove('a', T)]
    expect(tagsOf(...facts, pull('a', { tag: 'v1', at: T + 5 * SECOND }))).toEqual({})
    expect(tagsOf(...facts, pull('a', { tag: 'v1', at: T + 5 * SECOND + 1 }))).toEqual({ v1: 'a' })
  })

  test('belongs to its repository', () => {
    const facts = [older, push('b', { tag: 'v1', at: T + 1, repository: 'team/web' })]
    expect(modelOf(facts).images.map(({ tags }) => tags.map(({ name }) => name))).toEqual([['v1'], ['v1']])
    expect(countersOf(...facts).tags).toBe(2)
  })

  test('is one of several on one image', () => {
    const facts = [older, push('a', { tag: 'v2' }), push('b', { tag: 'v3' })]
    expect(tagsOf(...facts)).toEqual({ v1: 'a', v2: 'a', v3: 'b' })
    expect(countersOf(...facts).tags).toBe(3)
  })
})

describe('references', () => {
  const contents = [blob('layer', 1)]
  const all = [blob('layer', 1), { kind: 'subject' as const, digest: 's', size: 2 }]
  const referencesOf = (...facts: Fact[]) => modelOf(facts).images[0]?.references

  test('that name everything are better than those that do not, in any order', () => {
    const [some, every] = [push('a', { references: contents }), push('a', { references: all, extent: 'all' })]
    expect(referencesOf(some)).toEqual(contents)
    expect(referencesOf(some, every)).toEqual(all)
    expect(referencesOf(every, some)).toEqual(all)
    expect(referencesOf(every, push('a'))).toEqual(all)
    expect(referencesOf(some, push('a', { references: contents, extent: 'contents' }))).toEqual(contents)
  })

  test('are known of a digest in every repository', () => {
    const known = { references: contents, extent: 'all' as const }
    const facts = [push('a'), push('a', { ...known, repository: 'team/web' })]
    expect(referencesOf(...facts)).toEqual(contents)
    expect(countersOf(...facts).unresolved).toBe(0)
  })

  test('that are not all known make an image unresolved, once for each digest', () => {
    expect(referencesOf(push('a'))).toBeUndefined()
    const known = push('c', { references: [], extent: 'all' })
    const facts = [push('a'), push('a', { repository: 'team/web' }), push('b', { references: [] }), known]
    expect(countersOf(...facts).unresolved).toBe(2)
    expect(modelOf(facts).images.map(({ isResolved }) => isResolved)).toEqual([false, false, false, true])
  })

  test('of equal extent: those with more bytes count, then the list that is greater in order', () => {
    const hex = (digit: string) => digit.repeat(32)
    const greatestOf = (...lists: Reference[][]) =>
      referencesOf(...lists.map((references) => push('a', { references })))
    const [few, many] = [[blob(hex('f'), 9)], [blob(hex('b'), 3), blob(hex('c'), 4)]]
    expect(greatestOf(few, many)).toEqual(few)
    expect(greatestOf(many, few)).toEqual(few)
    const [one, two] = [[blob(hex('f'), 7)], [blob(hex('b'), 3), blob(hex('c'), 4)]]
    expect(greatestOf(one, two)).toEqual(two)
    expect(greatestOf(two, one)).toEqual(two)
    const [withoutChild, withChild] = [[blob(hex('f'), 7)], [blob(hex('a'), 7), child(hex('e'), 0)]]
    expect(greatestOf(withoutChild, withChild)).toEqual(withChild)
    expect(greatestOf(withChild, withoutChild)).toEqual(withChild)
    const [narrow, wide] = [
      [blob(hex('c'), 200), blob(hex('b'), 200)],
      [blob(hex('a'), 300), blob(hex('b'), 100)],
    ]
    expect(greatestOf(narrow, wide)).toEqual(wide)
    expect(greatestOf(wide, narrow)).toEqual(wide)
    const [lower, higher] = [[blob(hex('a'), 7)], [blob(hex('b'), 7)]]
    expect(greatestOf(lower, higher)).toEqual(higher)
    expect(greatestOf(higher, lower)).toEqual(higher)
    const [first, second] = [
      [blob(hex('a'), 3), blob(hex('b'), 4)],
      [blob(hex('a'), 4), blob(hex('b'), 3)],
    ]
    expect(greatestOf(first, second)).toEqual(second)
    expect(greatestOf(second, first)).toEqual(second)
  })

  test('of a deleted image are forgotten', () => {
    const facts = [push('a', { references: contents }), remove('a', T + 1), push('a', { at: T + 2 })]
    expect(referencesOf(...facts)).toBeUndefined()
  })
})

describe('use', () => {
  test('the times of an image are those of its last push and pull', () => {
    const facts = [
      ...[push('a', { at: T + 1 }), push('a', { at: T + 3 }), push('a', { at: T + 2 })],
      ...[pull('a', { at: T + 5 }), pull('a', { at: T + 7 }), pull('a', { at: T + 6 })],
    ]
    expect(modelOf(facts).images).toMatchObject([{ age: { at: T + 3 }, pulledAt: T + 7 }])
    expect(countersOf(...facts)).toMatchObject({ lastPush: T + 3, lastPull: T + 7 })
  })

  test('an image that is present was pushed or pulled, but the project was not used', () => {
    const age = { at: T, source: 'seen' }
    expect(modelOf([present('a', 'push')]).images).toMatchObject([{ age, pulledAt: 0 }])
    expect(modelOf([present('a', 'pull')]).images).toMatchObject([{ age, pulledAt: T }])
    const { lastPush, lastPull, pulls } = countersOf(present('a', 'push'), present('a', 'pull'))
    expect([lastPush, lastPull, pulls]).toEqual([0, 0, 0])
  })

  test('a pull and a scan count once for each id, also of what is gone', () => {
    const scan = (id: string): Fact => ({ kind: 'scan', repository: REPOSITORY, at: T + 20, id })
    const facts = [
      ...[pull('a', { id: '1' }), pull('a', { id: '1' }), pull('a', { id: '2' }), remove('a', T + 9)],
      ...[scan('3'), scan('3'), scan('4'), scan('5')],
    ]
    expect(countersOf(...facts)).toMatchObject({ pulls: 2, scans: 3, lastPull: T, manifests: 0 })
  })
})
