import { describe, expect, test } from 'vitest'
import { built, DAY, DAY_MS, digest, indexed, NOW, referrerTag, seen } from '../../lab/images.ts'
import type { KnownUse } from '../../src/expiry/age-and-use.ts'
import type { Details } from '../../src/expiry/details/details.ts'
import { type ExpiryRule, type PlanOptions, planExpiry } from '../../src/expiry/plan.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'

const daysAgo = (days: number) => NOW - days * DAY
const glob = (tag: string) => ({ tag: { glob: tag } })
const EXPIRE_ALL: ExpiryRule = { ...glob('*'), expire: true }

const planOf = (images: readonly IndexedImage[], rules: readonly ExpiryRule[], options: PlanOptions = {}) =>
  planExpiry({ name: 'p', registry: 'ci', repository: '**', rules }, 'ci/team', images, NOW, options)

/** The tags that a plan deletes, alone or with their images, sorted; images without tags by `@` and their name. */
function goes(images: readonly IndexedImage[], rules: readonly ExpiryRule[], options: PlanOptions = {}) {
  const names = new Map('abcdefgh'.split('').map((name) => [digest(name), name]))
  return planOf(images, rules, options)
    .flatMap(({ verdict, tags, untag = [], digest }) =>
      verdict === 'keep'
        ? []
        : verdict === 'untag'
          ? untag
          : tags.length > 0
            ? tags
            : [`@${names.get(digest)}`],
    )
    .sort()
}

describe('which tags and images a rule is about', () => {
  const images = [
    indexed('a', { tags: { 'pr-1': daysAgo(9), 'pr-1-rc': daysAgo(9) } }),
    indexed('b', { tags: { 'v1.2.3': daysAgo(9), '1.2': daysAgo(9) } }),
    indexed('c', { age: daysAgo(9) }),
    indexed('d', { tags: { main: daysAgo(9) }, lists: ['e'] }),
    indexed('e', { age: daysAgo(9) }),
    indexed('f', { tags: { [referrerTag('d', '.sig')]: daysAgo(9) } }),
  ]
  test.each<[string, ExpiryRule, string[]]>([
    ['a glob', { ...glob('pr-*'), expire: true }, ['pr-1', 'pr-1-rc']],
    ['a glob without a sign', { ...glob('pr-1'), expire: true }, ['pr-1']],
    [
      'a glob with alternatives',
      { ...glob('{main,1.?}'), expire: true },
      [referrerTag('d', '.sig'), '1.2', '@e', 'main'].sort(),
    ],
    ['a pattern for the whole tag', { tag: { pattern: 'pr-[0-9]+' }, expire: true }, ['pr-1']],
    [
      'a pattern with alternatives',
      { tag: { pattern: 'v.+|main' }, expire: true },
      ['@e', 'main', referrerTag('d', '.sig'), 'v1.2.3'].sort(),
    ],
    ['images without tags, but no parts of others', { tagged: false, expire: true }, ['@c']],
    [
      'images with tags',
      { tagged: true, olderThan: 1, expire: true },
      ['pr-1', 'pr-1-rc', 'v1.2.3', '1.2', 'main', '@e', referrerTag('d', '.sig')].sort(),
    ],
    ['only: every tag matches', { only: glob('pr-*'), expire: true }, ['pr-1', 'pr-1-rc']],
    ['only: one tag does not match', { only: { tag: { pattern: 'v.*' } }, expire: true }, []],
    [
      'both',
      { olderThan: 1, expire: true },
      ['pr-1', 'pr-1-rc', 'v1.2.3', '1.2', 'main', '@c', '@e', referrerTag('d', '.sig')].sort(),
    ],
  ])('%s', (_, rule, expected) => {
    expect(goes(images, [rule])).toEqual(expected)
  })

  test('one of two tags of an image goes alone', () => {
    const plan = planOf(images, [{ ...glob('1.2'), expire: true }])
    expect(plan.find(({ tags }) => tags.includes('1.2'))).toMatchObject({
      ...{ verdict: 'untag', untag: ['1.2'], rule: 'expire 1.2' },
      reason: 'tag 1.2: its rule has no other condition; it stays for the tag v1.2.3: no rule expires it',
    })
  })
})

describe('keep', () => {
  test('beats expire, before and after it, and by any rule', () => {
    const images = [indexed('a', { tags: { v1: daysAgo(9) } }), indexed('b', { tags: { v2: daysAgo(9) } })]
    const keepOne: ExpiryRule = { ...glob('v1'), keep: true }
    for (const rules of [
      [keepOne, EXPIRE_ALL],
      [EXPIRE_ALL, keepOne],
    ])
      expect(goes(images, rules)).toEqual(['v2'])
  })

  test('also keeps what it may be about', () => {
    const image = indexed('a', { tags: { v1: seen(daysAgo(1)) } })
    const rules: ExpiryRule[] = [{ ...glob('*'), olderThan: 30 * DAY_MS, keep: true }, EXPIRE_ALL]
    expect(goes([image], rules)).toEqual([])
    expect(goes([indexed('a', { tags: { v1: daysAgo(1) } })], rules)).toEqual(['v1'])
  })

  test('the newest by version, in each group of the pattern', () => {
    const tags = ['v1.0.0', 'v1.10.0', 'v1.9.0', 'v2.0.0-rc.1', 'v2.0.0', 'latest', '1.2']
    const images = tags.map((tag, n) => indexed('abcdefg'[n] ?? '', { tags: { [tag]: daysAgo(n + 1) } }))
    const bySemver = (newest: number): ExpiryRule[] => [
      { ...glob('*'), keep: { newest, by: 'semver', per: 'repository' } },
      EXPIRE_ALL,
    ]
    // What is no version is kept.
    expect(goes(images, bySemver(2))).toEqual(['v1.0.0', 'v1.10.0', 'v1.9.0'])
    expect(goes(images, bySemver(1))).toEqual(['v1.0.0', 'v1.10.0', 'v1.9.0', 'v2.0.0-rc.1'])
    const perMajor: ExpiryRule[] = [
      {
        tag: { pattern: 'v(?P<major>[0-9]+)\\..+' },
        keep: { newest: 1, by: 'semver', per: { group: 'major' } },
      },
      { ...glob('v*'), expire: true },
    ]
    expect(goes(images, perMajor)).toEqual(['v1.0.0', 'v1.9.0', 'v2.0.0-rc.1'])
  })

  test('equal versions have one place', () => {
    const images = [
      indexed('a', { tags: { '1.0.0': daysAgo(1) } }),
      indexed('b', { tags: { 'v1.0.0': daysAgo(9) } }),
      indexed('c', { tags: { '0.9.0': daysAgo(1) } }),
    ]
    const rules: ExpiryRule[] = [
      { ...glob('*'), keep: { newest: 1, by: 'semver', per: 'repository' } },
      EXPIRE_ALL,
    ]
    expect(goes(images, rules)).toEqual(['0.9.0'])
  })

  test('the newest by push in each branch', () => {
    const images = ['x-1', 'x-2', 'y-1', 'y-2', 'y-3'].map((tag, n) =>
      indexed('abcde'[n] ?? '', { tags: { [tag]: daysAgo(9 - n) } }),
    )
    const rules: ExpiryRule[] = [
      { tag: { pattern: '(?P<branch>.)-.' }, keep: { newest: 1, by: 'pushed', per: { group: 'branch' } } },
      EXPIRE_ALL,
    ]
    expect(goes(images, rules)).toEqual(['x-1', 'y-1', 'y-2'])
  })

  test('the newest by use, where all use is known', () => {
    const images = [
      indexed('a', { tags: { v1: daysAgo(9) }, pulledAt: daysAgo(1) }),
      indexed('b', { tags: { v2: daysAgo(8) } }),
      indexed('c', { tags: { v3: daysAgo(7) } }),
    ]
    const rules: ExpiryRule[] = [
      { ...glob('*'), keep: { newest: 2, by: 'used', per: 'repository' } },
      EXPIRE_ALL,
    ]
    expect(goes(images, rules)).toEqual(['v2'])
    const partial: KnownUse = { isComplete: false, since: 0 }
    expect(goes(images, rules, { use: partial })).toEqual([])
    expect(goes(images, rules, { use: { ...partial, unheard: 'its pulls are not heard' } })).toEqual([])
  })
})

describe('notUsedFor', () => {
  const rule: ExpiryRule = { ...glob('*'), notUsedFor: 7 * DAY_MS, expire: true }
  const young = indexed('a', { tags: { v1: daysAgo(20) } })
  const old = indexed('b', { tags: { v2: daysAgo(91) } })
  const reason = (use: KnownUse) => planOf([young], [rule], { use })[0]?.reason

  test('expires by itself only where all use is known', () => {
    expect(goes([young, old], [rule], { use: { isComplete: true, since: 0 } })).toEqual(['v1', 'v2'])
    expect(goes([young, old], [rule], { use: { isComplete: false, since: 0 } })).toEqual(['v2'])
    expect(reason({ isComplete: false, since: 0 })).toBe(
      'some pulls may be unknown (pulls: partial), and it may be younger than 90 days',
    )
  })

  test('expires nothing where pulls are not heard', () => {
    const use: KnownUse = { isComplete: true, since: 0, unheard: 'pulls of its registry are not heard' }
    expect(goes([young, old], [rule], { use })).toEqual([])
    expect(reason(use)).toBe('pulls of its registry are not heard')
  })

  test('counts from when pulls were heard', () => {
    expect(reason({ isComplete: true, since: daysAgo(2) })).toBe(
      'pulls of its registry are known only for the last 2 days',
    )
    expect(goes([young], [rule], { use: { isComplete: true, since: daysAgo(8) } })).toEqual(['v1'])
  })
})

describe('trust', () => {
  const rule = (trust?: ExpiryRule['trust']): ExpiryRule => ({
    ...{ ...glob('*'), olderThan: 30 * DAY_MS, trust, expire: true },
  })

  test('a source that is not believed gives only when the image was first seen', () => {
    const image = indexed('a', { tags: { v1: seen(daysAgo(2)) }, age: built(daysAgo(200)) })
    expect(goes([image], [rule()])).toEqual(['v1'])
    expect(goes([image], [rule(['event', 'image'])])).toEqual(['v1'])
    expect(goes([image], [rule(['event', 'storage'])])).toEqual([])
    const known = indexed('a', { tags: { v1: seen(daysAgo(40)) }, age: built(daysAgo(200)) })
    expect(goes([known], [rule(['event'])])).toEqual(['v1'])
  })
})

describe('what manifests and configs say', () => {
  const images = [
    indexed('a', { tags: { v1: daysAgo(9) } }),
    indexed('b', { tags: { v2: daysAgo(9) } }),
    indexed('c', { tags: { v3: daysAgo(9) } }),
  ]
  const of = (kind: Details['kind'], labels: Record<string, string> = {}): Details => ({
    ...{ kind, mediaType: 'application/vnd.oci.image.manifest.v1+json', artifactType: undefined },
    ...{ configMediaType: undefined, labels, annotations: { title: kind } },
  })
  // The third is not known.
  const details = new Map([
    [digest('a'), of('buildkit-cache', { team: 'payments' })],
    [digest('b'), of('image', { team: 'search' })],
  ])
  const pushers = new Map([
    ['v1', 'ci-bot'],
    ['v2', 'anna'],
  ])

  test.each<[string, Partial<ExpiryRule>, string[]]>([
    ['a kind', { kind: ['buildkit-cache'] }, ['v1']],
    ['one of two kinds', { kind: ['buildkit-cache', 'image'] }, ['v1', 'v2']],
    ['a label', { label: { team: 'pay*' } }, ['v1']],
    ['an annotation', { annotation: { title: 'image' } }, ['v2']],
    ['who pushed', { pushedBy: '*-bot' }, ['v1']],
    ['a size', { largerThan: 599 }, ['v1', 'v2', 'v3']],
    ['that size', { largerThan: 600 }, []],
    ['a smaller size', { smallerThan: 601 }, ['v1', 'v2', 'v3']],
  ])('%s expires; what is not known stays', (_, condition, expected) => {
    expect(goes(images, [{ ...glob('*'), ...condition, expire: true }], { details, pushers })).toEqual(
      expected,
    )
  })

  test('a rule that keeps by a label keeps what may have it', () => {
    const rules: ExpiryRule[] = [{ label: { team: 'payments' }, keep: true }, EXPIRE_ALL]
    expect(goes(images, rules, { details })).toEqual(['v2'])
  })
})

test('near misses say which rule nearly decided otherwise, and why', () => {
  const image = indexed('a', { tags: { '16.8.8-rc1': daysAgo(9) } })
  const rules: ExpiryRule[] = [
    { tag: { pattern: '[0-9]+\\.[0-9]+\\.[0-9]+' }, keep: true },
    { ...glob('*'), keep: { newest: 1, by: 'pushed', per: 'repository' } },
    { ...glob('*'), olderThan: 7 * DAY_MS, expire: true },
  ]
  const younger = indexed('b', { tags: { main: daysAgo(1) } })
  const plan = planOf([image, younger], rules, { explain: true })
  expect(plan.find(({ digest: one }) => one === image.digest)).toMatchObject({
    ...{ verdict: 'delete', rule: 'expire *' },
    nearMisses: [
      '"keep /[0-9]+\\.[0-9]+\\.[0-9]+/": its pattern matches `16.8.8`, not the whole tag',
      '"keep 1 newest *": it is number 2, and the rule keeps the newest',
    ],
  })
  expect(planOf([image, younger], rules)[0]).not.toHaveProperty('nearMisses')
})

test('a protected image and what belongs to it stay, whatever the rules say', () => {
  const images = [
    indexed('a', { tags: { v1: daysAgo(9) }, lists: ['b'] }),
    indexed('b', { age: daysAgo(9) }),
    indexed('c', { subject: 'b', age: daysAgo(9) }),
    indexed('d', { tags: { v2: daysAgo(9), v3: daysAgo(9) } }),
  ]
  const protectionOf = (image: IndexedImage) => (image.digest === digest('a') ? 'it is in use' : undefined)
  expect(goes(images, [EXPIRE_ALL], { protectionOf })).toEqual(['v2', 'v3'])
  const keepOne: ExpiryRule = { ...glob('v2'), keep: true }
  // Its tags stay together, too.
  const all = (image: IndexedImage) => (image.digest === digest('d') ? 'it is in use' : protectionOf(image))
  expect(goes(images, [keepOne, EXPIRE_ALL], { protectionOf: all })).toEqual([])
})

describe('what a deleted index left behind', () => {
  const gone = { ...indexed('a', { tags: { 'pr-1': daysAgo(30) }, lists: ['b', 'c'] }), goneAt: daysAgo(2) }
  const isHere = (image: IndexedImage) => image.digest !== gone.digest
  const left = (options: Parameters<typeof indexed>[1]) => [
    gone,
    indexed('b', { age: daysAgo(30), ...options }),
    indexed('c', { age: daysAgo(30) }),
  ]

  test('goes with it', () => {
    const plan = planOf(left({}), [], { isHere })
    expect(plan.filter(({ verdict }) => verdict === 'delete')).toHaveLength(3)
  })

  test.each([
    ['pushed again', { age: daysAgo(1) }],
    ['pulled', { pulledAt: daysAgo(1) }],
    ['tagged', { tags: { keep: daysAgo(1) } }],
  ])('stays if a part was %s since, unless a rule expires it', (_, options) => {
    expect(goes(left(options), [], { isHere })).toEqual([])
    expect(
      goes(left(options), [{ tagged: false, olderThan: 7 * DAY_MS, expire: true }], { isHere }),
    ).toContain('@c')
  })

  test('stays if what an index of it lists was used since', () => {
    const images = [
      gone,
      indexed('b', { lists: ['d'], layers: [], age: daysAgo(30) }),
      indexed('d', { age: daysAgo(30), pulledAt: daysAgo(1) }),
    ]
    expect(goes(images, [], { isHere })).toEqual([])
  })
})

test('a tag that is no version stays, also if another tag of its image is one', () => {
  const images = [
    indexed('a', { tags: { '1.0.0': daysAgo(9), stable: daysAgo(9) } }),
    indexed('b', { tags: { '2.0.0': daysAgo(1) } }),
  ]
  const rules: ExpiryRule[] = [
    { ...glob('*'), keep: { newest: 1, by: 'semver', per: 'repository' } },
    EXPIRE_ALL,
  ]
  expect(goes(images, rules)).toEqual(['1.0.0'])
})
