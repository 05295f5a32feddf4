import { describe, expect, test } from 'vitest'
import {
  DAY,
  DAY_MS,
  digest,
  indexed,
  NOW,
  referrerTag,
  unresolved,
  withoutSubject,
} from '../../lab/images.ts'
import { expiring } from '../../lab/rules.ts'
import { type ExpiryRule, planExpiry } from '../../src/expiry/plan.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'

/** The mistakes of other cleaners (docs/registries.md, What cleaners get wrong), one test for each. */
const daysAgo = (days: number) => NOW - days * DAY
const OLD = daysAgo(30)
const OLDER_THAN_14_DAYS = expiring({ tag: 'pr-*', olderThan: 14 * DAY_MS })
const EVERYTHING = expiring({ olderThan: 1 })

function planOf(images: IndexedImage[], rules: ExpiryRule[], repository = '**') {
  const policy = { name: 'clean', registry: 'ci', repository, rules }
  return planExpiry(policy, 'ci/team', images, NOW)
}

/** The names of the images that the plan deletes, in order. */
function deletedBy(images: IndexedImage[], rules: ExpiryRule[]): string[] {
  const names = new Map('abcdefghij'.split('').map((name) => [digest(name), name]))
  const deletes = planOf(images, rules).filter(({ verdict }) => verdict === 'delete')
  return deletes.map((decision) => names.get(decision.digest) ?? '?')
}

/** The decision for the image that a test calls by this name. */
const decisionOn = (name: string, images: IndexedImage[], rules: ExpiryRule[]) =>
  planOf(images, rules).find((decision) => decision.digest === digest(name))

describe('signatures', () => {
  test('a signature that a kept index lists is kept, though the image that it signs is deleted', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': OLD } }),
      indexed('b', { tags: { [referrerTag('a', '.sig')]: OLD } }),
      indexed('c', { tags: { main: OLD }, lists: ['b'] }),
    ]
    expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual(['a'])
  })

  test('an artifact is deleted after its subject, and kept if its subject is kept', () => {
    const withTag = (tag: string) => [
      indexed('a', { subject: 'b', layers: ['signature'] }),
      indexed('b', { tags: { [tag]: OLD } }),
    ]
    expect(deletedBy(withTag('pr-1'), OLDER_THAN_14_DAYS)).toEqual(['b', 'a'])
    expect(deletedBy(withTag('main'), OLDER_THAN_14_DAYS)).toEqual([])
    const orphan = [indexed('a', { subject: 'absent', tags: { 'pr-1': OLD } })]
    expect(deletedBy(orphan, OLDER_THAN_14_DAYS)).toEqual([])
  })

  test('an empty list of referrers, which is the same for two images, is deleted only after both', () => {
    const both = { [referrerTag('a', '')]: OLD, [referrerTag('b', '')]: OLD }
    const list = indexed('c', { tags: both, layers: [] })
    const withTags = (a: string, b: string) => [
      indexed('a', { tags: { [a]: OLD } }),
      indexed('b', { tags: { [b]: OLD } }),
      list,
    ]
    expect(deletedBy(withTags('pr-1', 'main'), OLDER_THAN_14_DAYS)).toEqual(['a'])
    expect(deletedBy(withTags('main', 'pr-1'), OLDER_THAN_14_DAYS)).toEqual(['b'])
    expect(deletedBy(withTags('pr-1', 'pr-2'), OLDER_THAN_14_DAYS).at(-1)).toBe('c')
  })

  test('an artifact with two subjects is kept if one of them is not in the repository', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': OLD } }),
      indexed('b', { tags: { [referrerTag('a', '')]: OLD, [referrerTag('absent', '')]: OLD } }),
    ]
    expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual(['a'])
    expect(decisionOn('b', images, OLDER_THAN_14_DAYS)?.reason).toBe(
      'the image that it signs or describes is not known',
    )
  })

  test('a signature with an ordinary tag is deleted only if its image is deleted and that tag has expired', () => {
    const signed = (tag: string) => [
      indexed('a', { tags: { [tag]: OLD } }),
      indexed('b', { tags: { [referrerTag('a', '.sig')]: OLD, 'pr-9': OLD } }),
    ]
    expect(deletedBy(signed('main'), OLDER_THAN_14_DAYS)).toEqual([])
    expect(deletedBy(signed('pr-1'), OLDER_THAN_14_DAYS)).toEqual(['a', 'b'])
  })

  test('a rule for every tag does not apply to the tags of signatures', () => {
    const images = [
      indexed('a', { tags: { v1: NOW } }),
      indexed('b', { tags: { [referrerTag('a', '.sig')]: OLD } }),
    ]
    expect(deletedBy(images, EVERYTHING)).toEqual([])
  })

  test.each([
    ['before', `of-${referrerTag('b', '')}`],
    ['after', `${referrerTag('b', '.sig')}-old`],
  ])('a tag with more text %s the name of a signature is an ordinary tag', (_, tag) => {
    const images = [indexed('a', { tags: { [tag]: OLD } }), indexed('b', { tags: { main: NOW } })]
    expect(deletedBy(images, expiring({ tag: '*sha256-*', olderThan: 1 }))).toEqual(['a'])
  })

  test('signatures do not count among the newest', () => {
    const images = [
      indexed('a', { tags: { v1: daysAgo(3) } }),
      indexed('b', { tags: { v2: daysAgo(2) } }),
      indexed('c', { tags: { [referrerTag('a', '.sig')]: daysAgo(1) } }),
      indexed('d', { tags: { [referrerTag('b', '.sig')]: daysAgo(1) } }),
    ]
    expect(deletedBy(images, expiring({ tag: '**', keepNewest: 2 }))).toEqual([])
  })

  test('a list of referrers is deleted before the artifacts that it lists, and after their subject', () => {
    const images = [
      indexed('a', { lists: [] }),
      indexed('b', { tags: { [referrerTag('c', '')]: OLD }, lists: ['a'] }),
      indexed('c', { tags: { 'pr-1': OLD } }),
    ]
    expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual(['c', 'b', 'a'])
  })

  /** `a` is signed by `b`, then by `c`; `d` is the first list of its referrers, without its tag now, and `e` the second. */
  const signedTwice = (tag: string, more: { lists?: string[] } = {}) => [
    indexed('a', { tags: { [tag]: OLD } }),
    indexed('b', { subject: 'a', layers: ['signature'] }),
    indexed('c', { subject: 'a', layers: ['other signature'] }),
    indexed('d', { lists: ['b'], layers: [], ...more }),
    indexed('e', { tags: { [referrerTag('a', '')]: OLD }, lists: ['b', 'c'], layers: [] }),
  ]

  test('an old list of referrers, which has lost its tag, goes with its subject and keeps no signature', () => {
    const order = deletedBy(signedTwice('pr-1'), OLDER_THAN_14_DAYS)
    expect(order.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(order[0]).toBe('a')
    for (const list of ['d', 'e']) expect(order.indexOf(list)).toBeLessThan(order.indexOf('b'))
    expect(deletedBy(signedTwice('main'), OLDER_THAN_14_DAYS)).toEqual([])
  })

  test('an index without a tag that lists more than the signatures of one image keeps what it lists', () => {
    for (const other of [indexed('f'), indexed('f', { subject: 'g' })]) {
      const images = [
        ...signedTwice('pr-1', { lists: ['b', 'f'] }),
        other,
        indexed('g', { tags: { main: OLD } }),
      ]
      expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual(['a', 'e', 'c'])
    }
  })

  test('an old list of the referrers of an image that is not known is kept, and they are', () => {
    const images = signedTwice('pr-1').filter(({ digest: one }) => one !== digest('a'))
    expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual([])
  })

  test('the tag of a list of referrers may hold the first 64 digits of a sha512 digest', () => {
    const hex = '0123456789abcdef'.repeat(8)
    const subject = { ...indexed('a', { tags: { 'pr-1': OLD } }), digest: `sha512:${hex}` }
    const list = indexed('b', { tags: { [`sha512-${hex.slice(0, 64)}`]: OLD } })
    const plan = planOf([subject, list], OLDER_THAN_14_DAYS)
    expect(plan.map(({ verdict }) => verdict)).toEqual(['delete', 'delete'])
  })

  test('images that claim to sign each other or themselves are kept', () => {
    const images = [
      indexed('a', { tags: { [referrerTag('b', '.sig')]: OLD } }),
      indexed('b', { tags: { [referrerTag('a', '.sig')]: OLD, 'pr-1': OLD } }),
      indexed('c', { tags: { [referrerTag('c', '')]: OLD, 'pr-2': OLD } }),
    ]
    expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual([])
    expect(decisionOn('c', images, EVERYTHING)?.reason).toBe('its references form a circle, or lead to one')
  })
})

describe('indexes', () => {
  test('an index is kept if one of its children was pulled by digest', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': OLD }, lists: ['b'], layers: [] }),
      indexed('b', { lists: ['c'], age: OLD }),
      indexed('c', { age: OLD, pulledAt: daysAgo(2) }),
    ]
    expect(deletedBy(images, expiring({ tag: 'pr-*', notUsedFor: 7 * DAY_MS }))).toEqual([])
    expect(deletedBy(images, expiring({ tag: 'pr-*', notUsedFor: DAY_MS }))).toEqual(['a', 'b', 'c'])
  })

  test('an index is kept if one of its children was pushed again today, perhaps for a new index', () => {
    const images = [indexed('a', { tags: { 'pr-1': OLD }, lists: ['b'] }), indexed('b', { age: NOW })]
    expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual([])
  })

  test('a child of several indexes is deleted once, after the last of them', () => {
    const names = ['a', 'b', 'c', 'd']
    for (const child of names) {
      const indexes = names.filter((name) => name !== child)
      const images = [
        indexed(child),
        ...indexes.map((name) => indexed(name, { tags: { [`pr-${name}`]: OLD }, lists: [child] })),
      ]
      const order = deletedBy(images, OLDER_THAN_14_DAYS)
      expect(order.toSorted()).toEqual(names)
      expect(order.at(-1)).toBe(child)
    }
  })

  test('a manifest is kept with the image that lists it, whatever media type the reference states', () => {
    const images = [
      indexed('a', { tags: { main: OLD }, layers: ['b'] }),
      indexed('b', { tags: { 'pr-1': OLD } }),
    ]
    expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual([])
  })

  test('a child whose own tag has expired is kept if its index is kept', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': OLD, main: OLD }, lists: ['b', 'b'] }),
      indexed('b', { tags: { 'pr-1-amd64': OLD } }),
    ]
    expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual([])
    expect(decisionOn('b', images, OLDER_THAN_14_DAYS)?.reason).toBe(
      'it belongs to team/app:main, which is kept',
    )
  })

  test('a plan handles a chain of 20,000 signatures of signatures', () => {
    const chain = Array.from({ length: 20_000 }, (_, n) =>
      indexed(
        `${n}`,
        n === 0 ? { tags: { 'pr-1': OLD } } : { tags: { [referrerTag(`${n - 1}`, '.sig')]: OLD } },
      ),
    )
    const plan = planOf(chain, OLDER_THAN_14_DAYS)
    expect(plan.filter(({ verdict }) => verdict === 'delete')).toHaveLength(20_000)
  })
})

describe('times', () => {
  test.each([
    ['the microsecond of the bound', 14 * DAY, []],
    ['a microsecond past it', 14 * DAY + 1, ['a']],
  ])('an image tagged before %s', (_, age, expected) => {
    const image = indexed('a', { tags: { 'pr-1': NOW - age } })
    expect(deletedBy([image], OLDER_THAN_14_DAYS)).toEqual(expected)
    expect(deletedBy([image], expiring({ tag: 'pr-*', notUsedFor: 14 * DAY_MS }))).toEqual(expected)
    const pulled = indexed('a', { tags: { 'pr-1': OLD }, pulledAt: NOW - age })
    expect(deletedBy([pulled], expiring({ tag: 'pr-*', notUsedFor: 14 * DAY_MS }))).toEqual(expected)
  })

  test('a digest pushed last month and tagged again yesterday is young', () => {
    const image = indexed('a', { tags: { 'pr-1': daysAgo(1) }, age: OLD })
    expect(deletedBy([image], OLDER_THAN_14_DAYS)).toEqual([])
  })

  test('a digest pushed yesterday under a tag that has moved since is young', () => {
    const image = indexed('a', { tags: { 'pr-1': OLD }, age: daysAgo(1) })
    expect(deletedBy([image], OLDER_THAN_14_DAYS)).toEqual([])
  })

  test('an image used in the future is kept, and does not count among the newest', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': OLD } }),
      indexed('b', { tags: { 'pr-2': NOW + DAY } }),
      indexed('c', { tags: { 'pr-3': daysAgo(40) }, pulledAt: NOW + 1 }),
    ]
    expect(deletedBy(images, expiring({ tag: 'pr-*', keepNewest: 1 }))).toEqual([])
    expect(deletedBy(images, expiring({ tag: 'pr-*', keepNewest: 0 }))).toEqual(['a'])
    expect(decisionOn('b', images, OLDER_THAN_14_DAYS)?.reason).toContain('clocks differ')
  })

  test('a tag without a known time is kept', () => {
    const image = indexed('a', { tags: { 'pr-1': 0 } })
    expect(decisionOn('a', [image], EVERYTHING)).toMatchObject({
      ...{ verdict: 'keep', rule: null, reason: 'the time of its tagging is not known' },
    })
  })
})

describe('the newest', () => {
  test('an image tagged at the moment of the plan is one of them', () => {
    const images = [indexed('a', { tags: { 'pr-1': OLD } }), indexed('b', { tags: { 'pr-2': NOW } })]
    expect(deletedBy(images, expiring({ tag: 'pr-*', keepNewest: 1 }))).toEqual(['a'])
    expect(deletedBy(images, expiring({ tag: 'pr-*', keepNewest: 0 })).sort()).toEqual(['a', 'b'])
  })

  test('of images tagged at the same moment none is deleted: their order is not known', () => {
    const images = ['a', 'b', 'c'].map((name) => indexed(name, { tags: { [`pr-${name}`]: OLD } }))
    expect(deletedBy(images, expiring({ tag: 'pr-*', keepNewest: 1 }))).toEqual([])
    expect(decisionOn('a', images, expiring({ tag: 'pr-*', keepNewest: 1 }))?.reason).toBe(
      'it is not known which images are newer: it may be among the 1 newest',
    )
    expect(decisionOn('a', images, expiring({ tag: 'pr-*', keepNewest: 3 }))?.reason).toBe(
      'it is among the 3 newest',
    )
  })

  test('an image with two tags counts once, by the younger tag', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': daysAgo(9), 'pr-2': daysAgo(1) } }),
      indexed('b', { tags: { 'pr-3': daysAgo(2) } }),
      indexed('c', { tags: { 'pr-4': daysAgo(3) } }),
    ]
    expect(deletedBy(images, expiring({ tag: 'pr-*', keepNewest: 2 }))).toEqual(['c'])
  })
})

test('the same digest in two repositories gets two decisions', () => {
  const images = [
    indexed('a', { repository: 'team/web', tags: { 'pr-1': OLD } }),
    indexed('a', { repository: 'team/app', tags: { main: OLD } }),
  ]
  const plan = planOf(images, OLDER_THAN_14_DAYS).map(({ repository, verdict }) => [repository, verdict])
  expect(plan).toEqual([
    ['team/app', 'keep'],
    ['team/web', 'delete'],
  ])
})

test('an image with unknown references keeps the images of its own repository only', () => {
  const images = [
    indexed('a', { tags: { 'pr-1': OLD } }),
    unresolved(indexed('b', { tags: { main: OLD } })),
    indexed('c', { repository: 'team/web', tags: { 'pr-1': OLD } }),
  ]
  expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual(['c'])
  expect(decisionOn('a', images, OLDER_THAN_14_DAYS)?.reason).toBe(
    'the references of team/app:main are not known yet',
  )
})

test('an artifact whose subject is not known yet keeps every image of its repository', () => {
  const rules = OLDER_THAN_14_DAYS
  const artifact = indexed('sbom', { tags: { 'pr-1-sbom': OLD }, subject: 'a' })
  const images = [indexed('a', { tags: { 'pr-1': OLD } }), withoutSubject(artifact)]
  expect(deletedBy(images, rules)).toEqual([])
  expect(decisionOn('a', images, rules)?.reason).toBe(
    'the references of team/app:pr-1-sbom are not known yet',
  )
})

test('an image that no rule expires stays', () => {
  const images = [indexed('a', { tags: { main: OLD } }), indexed('b', { age: OLD })]
  expect(deletedBy(images, OLDER_THAN_14_DAYS)).toEqual([])
  for (const name of ['a', 'b'])
    expect(decisionOn(name, images, OLDER_THAN_14_DAYS)).toMatchObject({
      ...{ rule: null, reason: 'no rule expires it' },
    })
})

test.each([
  ['**', ['other', 'team/app', 'team/app/api']],
  ['team/**', ['team/app', 'team/app/api']],
  ['team/*', ['team/app']],
  ['{other,team/app}', ['other', 'team/app']],
  ['team', []],
])('the repositories of %s are %j', (glob, expected) => {
  const images = ['team/app', 'team/app/api', 'other'].map((repository) => indexed('a', { repository }))
  expect(planOf(images, EVERYTHING, glob).map(({ repository }) => repository)).toEqual(expected)
})

test('a decision gives project, tags, rule and a reason that people can check', () => {
  const image = indexed('a', { tags: { 'pr-1': daysAgo(30), 'pr-2': daysAgo(20) }, pulledAt: daysAgo(16) })
  const rules = expiring({ tag: 'pr-*', olderThan: 14 * DAY_MS, notUsedFor: 7 * DAY_MS })
  expect(planOf([image], rules)).toEqual([
    {
      ...{ project: 'ci/team', repository: 'team/app', digest: digest('a'), tags: ['pr-1', 'pr-2'] },
      ...{ verdict: 'delete', rule: 'expire pr-*' },
      reason: 'tag pr-1: it is 20 days old, it was not used for 16 days',
    },
  ])
})

test.each([
  [{ olderThan: 40 * DAY_MS }, 'expire main', 'it is 30 days old, not over 40 days'],
  [{ notUsedFor: 40 * DAY_MS }, 'expire main', 'it was pulled 1 hour ago'],
  [{ keepNewest: 3 }, 'keep 3 newest main', 'it is number 1 of the 3 newest'],
])('a rule of %j says why it keeps', (condition, rule, reason) => {
  const image = indexed('a', { tags: { main: OLD }, pulledAt: NOW - DAY / 24 })
  expect(decisionOn('a', [image], expiring({ tag: 'main', ...condition }))).toMatchObject({
    ...{ verdict: 'keep', rule, reason },
  })
})

test('the reason for an image that was never pulled is its push', () => {
  const image = indexed('a', { tags: { main: OLD } })
  expect(decisionOn('a', [image], expiring({ tag: 'main', notUsedFor: 40 * DAY_MS }))?.reason).toBe(
    'it was pushed 30 days ago',
  )
})

test('the reason for a child names its index by tag, or by the beginning of the digest', () => {
  const images = [
    indexed('a', { tags: { 'pr-1': OLD }, lists: ['b'] }),
    indexed('b', { lists: ['c'] }),
    indexed('c'),
  ]
  const reasonOf = (name: string) => decisionOn(name, images, OLDER_THAN_14_DAYS)?.reason
  expect(reasonOf('b')).toBe('it belongs to team/app:pr-1, which is deleted')
  expect(reasonOf('c')).toBe(`it belongs to team/app@${digest('b').slice(0, 19)}, which is deleted`)
})

test.each([
  [1, '0 seconds'],
  [1_000_000, '1 second'],
  [59_999_999, '59 seconds'],
  [60_000_000, '1 minute'],
  [3_600_000_000, '1 hour'],
  [2 * 3_600_000_000, '2 hours'],
  [DAY, '1 day'],
])('an age of %d µs is %s', (age, text) => {
  const image = indexed('a', { tags: { main: NOW - age } })
  expect(decisionOn('a', [image], expiring({ tag: 'main', olderThan: 40 * DAY_MS }))?.reason).toBe(
    `it is ${text} old, not over 40 days`,
  )
})
