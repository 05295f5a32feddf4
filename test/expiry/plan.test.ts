import { describe, expect, test } from 'vitest'
import { expiring } from '../../lab/rules.ts'
import { type ExpiryPolicy, type ExpiryRule, planExpiry } from '../../src/expiry/plan.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'

const MINUTE = 60_000_000
/** The moment at which plans are made in tests, epoch µs. */
const NOW = 1_800_000_000_000_000

const digestOfNumber = (n: number): string => `sha256:${n.toString(16).padStart(2, '0').repeat(32)}`

interface ImageSketch {
  repository?: string
  /** tag → minutes ago that it was set */
  tags?: Record<string, number>
  pulledMinutesAgo?: number
  /** Numbers of the manifests that it lists; `undefined` where its references are not known. */
  children?: number[] | undefined
  /** Layers in place of children, as in a BuildKit cache. */
  layers?: number[]
}

/** Image number `n` as the index would give it. */
function indexedImage(n: number, sketch: ImageSketch): IndexedImage {
  const key = (m: number) => digestOfNumber(m).slice('sha256:'.length, 'sha256:'.length + 32)
  const children = 'children' in sketch ? sketch.children : []
  return {
    ...{ repository: sketch.repository ?? 'team/app', digest: digestOfNumber(n), size: 500, totalSize: 1000 },
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    references: children && [
      ...children.map((m) => ({ kind: 'child' as const, key: key(m), size: 0 })),
      ...(sketch.layers ?? []).map((m) => ({ kind: 'blob' as const, key: key(m), size: 0 })),
    ],
    isResolved: children !== undefined,
    age: { at: NOW - 100 * MINUTE, source: 'event' },
    heardSince: NOW - Math.min(100, ...Object.values(sketch.tags ?? {})) * MINUTE,
    pulledAt: sketch.pulledMinutesAgo === undefined ? 0 : NOW - sketch.pulledMinutesAgo * MINUTE,
    tags: Object.entries(sketch.tags ?? {}).map(([name, ago]) => ({
      name,
      age: { at: NOW - ago * MINUTE, source: 'event' },
    })),
  }
}

const minutes = (n: number) => n * 60_000
const policy = (...rules: ExpiryRule[]): ExpiryPolicy => ({
  name: 'p',
  registry: 'ci',
  repository: '**',
  rules,
})
const sig = (n: number) => `${digestOfNumber(n).replace(':', '-')}.sig`

/** The numbers of the images that a policy deletes, in order. */
function deletes(sketches: Record<number, ImageSketch>, rules: ExpiryRule[], repository = '**'): number[] {
  const images = Object.entries(sketches).map(([n, sketch]) => indexedImage(Number(n), sketch))
  return planExpiry({ ...policy(...rules), repository }, 'ci/team', images, NOW)
    .filter(({ verdict }) => verdict === 'delete')
    .map(({ digest }) => Number.parseInt(digest.slice(7, 9), 16))
}

const old = expiring({ tag: 'pr-*', olderThan: minutes(10) })

describe('what is deleted and what is kept', () => {
  test.each<[string, Record<number, ImageSketch>, ExpiryRule[], number[]]>([
    ['an old image that a rule names', { 1: { tags: { 'pr-1': 11 } } }, old, [1]],
    ['an image exactly as old as the bound', { 1: { tags: { 'pr-1': 10 } } }, old, []],
    ['a tag set in the future', { 1: { tags: { 'pr-1': -5 } } }, old, []],
    ['no rule for its tag', { 1: { tags: { main: 99 } } }, old, []],
    ['no tag at all', { 1: {} }, old, []],
    ['an old tag and one that no rule names', { 1: { tags: { 'pr-1': 99, main: 99 } } }, old, []],
    ['an old tag and a fresh one', { 1: { tags: { 'pr-1': 99, 'pr-2': 1 } } }, old, []],
    ['two old tags', { 1: { tags: { 'pr-1': 99, 'pr-2': 50 } } }, old, [1]],
    ['no rules', { 1: { tags: { 'pr-1': 99 } } }, [], []],
    [
      'an index and its children',
      { 1: { tags: { 'pr-1': 99 }, children: [2, 3] }, 2: {}, 3: {} },
      old,
      [1, 2, 3],
    ],
    [
      'a child that another index lists',
      {
        1: { tags: { 'pr-1': 99 }, children: [2, 3] },
        2: {},
        3: {},
        4: { tags: { main: 1 }, children: [3] },
      },
      old,
      [1, 2],
    ],
    [
      'a tagged child of an index that is kept',
      { 1: { tags: { main: 9 }, children: [2] }, 2: { tags: { 'pr-1': 99 } } },
      old,
      [],
    ],
    [
      'a child with a tag that no rule names, of an index that is deleted',
      { 1: { tags: { 'pr-1': 99 }, children: [2] }, 2: { tags: { main: 99 } } },
      old,
      [1],
    ],
    [
      'an index in an index',
      { 1: { tags: { 'pr-1': 99 }, children: [2] }, 2: { children: [3] }, 3: {} },
      old,
      [1, 2, 3],
    ],
    [
      'an index in an index, kept by the outer tag',
      { 1: { tags: { main: 99 }, children: [2] }, 2: { children: [3] }, 3: {} },
      old,
      [],
    ],
    [
      'a child of an index and of an index in it: it comes last',
      { 1: { tags: { 'pr-1': 99 }, children: [2, 3] }, 2: {}, 3: { children: [2] } },
      old,
      [1, 3, 2],
    ],
    [
      'indexes that list each other in a circle',
      { 1: { children: [2] }, 2: { tags: { 'pr-1': 99 }, children: [1] } },
      old,
      [],
    ],
    [
      'a BuildKit cache, whose index lists layers',
      { 1: { tags: { 'pr-1': 99 }, layers: [2] }, 2: { tags: { main: 1 } } },
      old,
      [1],
    ],
    [
      'a signature is deleted with its image',
      { 1: { tags: { 'pr-1': 99 } }, 2: { tags: { [sig(1)]: 99 } } },
      old,
      [1, 2],
    ],
    [
      'a signature is kept with its image',
      { 1: { tags: { main: 99 } }, 2: { tags: { [sig(1)]: 99 } } },
      old,
      [],
    ],
    [
      'a signature of an unknown image',
      { 2: { tags: { [sig(1)]: 99 } } },
      expiring({ tag: '**', olderThan: 1 }),
      [],
    ],
    [
      'a signature of a signature',
      { 3: { tags: { [sig(2)]: 99 } }, 2: { tags: { [sig(1)]: 99 } }, 1: { tags: { 'pr-1': 99 } } },
      old,
      [1, 2, 3],
    ],
    [
      'one image of the repository has unknown references',
      { 1: { tags: { 'pr-1': 99 } }, 2: { tags: { main: 1 }, children: undefined } },
      old,
      [],
    ],
    [
      'pulled recently',
      { 1: { tags: { 'pr-1': 99 }, pulledMinutesAgo: 5 } },
      expiring({ tag: 'pr-*', notUsedFor: minutes(10) }),
      [],
    ],
    [
      'not pulled for a long time',
      { 1: { tags: { 'pr-1': 99 }, pulledMinutesAgo: 11 } },
      expiring({ tag: 'pr-*', notUsedFor: minutes(10) }),
      [1],
    ],
    [
      'never pulled, but pushed recently',
      { 1: { tags: { 'pr-1': 5 } } },
      expiring({ tag: 'pr-*', notUsedFor: minutes(10) }),
      [],
    ],
    [
      'all but the newest two',
      {
        1: { tags: { 'pr-1': 40 } },
        2: { tags: { 'pr-2': 30 } },
        3: { tags: { 'pr-3': 20 } },
        4: { tags: { main: 1 } },
      },
      expiring({ tag: 'pr-*', keepNewest: 2 }),
      [1],
    ],
    [
      'the newest are counted in each repository separately',
      { 1: { tags: { 'pr-1': 40 } }, 2: { tags: { 'pr-1': 30 }, repository: 'team/b' } },
      expiring({ tag: 'pr-*', keepNewest: 1 }),
      [],
    ],
    [
      'one condition of two holds',
      { 1: { tags: { 'pr-1': 99 }, pulledMinutesAgo: 1 } },
      expiring({ tag: 'pr-*', olderThan: minutes(10), notUsedFor: minutes(10) }),
      [],
    ],
    [
      'keeping beats expiring, whatever the order',
      { 1: { tags: { 'pr-1': 20 } }, 2: { tags: { 'pr-2': 20 } } },
      [...old, { tag: { glob: 'pr-1' }, keep: true }],
      [2],
    ],
    [
      'untagged images, but not what belongs to a kept image',
      { 1: {}, 2: { tags: { main: 99 }, children: [3] }, 3: {} },
      [{ tagged: false, olderThan: minutes(10), expire: true }],
      [1],
    ],
  ])('%s', (_, sketches, rules, expected) => {
    expect(deletes(sketches, rules)).toEqual(expected)
  })

  test('a policy applies to its repositories only', () => {
    const images = { 1: { tags: { 'pr-1': 99 } }, 2: { tags: { 'pr-1': 99 }, repository: 'other/app' } }
    expect(deletes(images, old, 'other/*')).toEqual([2])
  })
})
