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
import { type ExpiryRule, planExpiry } from '../../src/expiry/plan.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'

/** What operators fear of a cleaner (docs/registries.md, What cleaners get wrong): each case by what must not happen. */
const daysAgo = (days: number) => NOW - days * DAY
const OLD = daysAgo(30)
const OLDER_THAN_14_DAYS: ExpiryRule = { tag: 'pr-*', olderThan: 14 * DAY_MS }
const EVERYTHING: ExpiryRule = { tag: '**', olderThan: 1 }

function planOf(images: IndexedImage[], rules: ExpiryRule[], repository = '**') {
  const policy = { name: 'clean', registry: 'ci', repository, rules }
  return planExpiry(policy, 'ci/team', images, NOW)
}

/** The names of what goes, in order. */
function gone(images: IndexedImage[], rules: ExpiryRule[]): string[] {
  const names = new Map('abcdefghij'.split('').map((name) => [digest(name), name]))
  const deletes = planOf(images, rules).filter(({ verdict }) => verdict === 'delete')
  return deletes.map((decision) => names.get(decision.digest) ?? '?')
}

/** The decision for the image that a test calls by this name. */
const decisionOn = (name: string, images: IndexedImage[], rules: ExpiryRule[]) =>
  planOf(images, rules).find((decision) => decision.digest === digest(name))

describe('signatures', () => {
  test('one that an index lists stays with the index, though what it signs goes', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': OLD } }),
      indexed('b', { tags: { [referrerTag('a', '.sig')]: OLD } }),
      indexed('c', { tags: { main: OLD }, lists: ['b'] }),
    ]
    expect(gone(images, [OLDER_THAN_14_DAYS])).toEqual(['a'])
  })

  test('an artifact goes after the image that is its subject, and stays with it', () => {
    const withTag = (tag: string) => [
      indexed('a', { subject: 'b', layers: ['signature'] }),
      indexed('b', { tags: { [tag]: OLD } }),
    ]
    expect(gone(withTag('pr-1'), [OLDER_THAN_14_DAYS])).toEqual(['b', 'a'])
    expect(gone(withTag('main'), [OLDER_THAN_14_DAYS])).toEqual([])
    const orphan = [indexed('a', { subject: 'absent', tags: { 'pr-1': OLD } })]
    expect(gone(orphan, [OLDER_THAN_14_DAYS])).toEqual([])
  })

  test('an empty list of referrers, the same for two images, stays until both go', () => {
    const both = { [referrerTag('a', '')]: OLD, [referrerTag('b', '')]: OLD }
    const list = indexed('c', { tags: both, layers: [] })
    const withTags = (a: string, b: string) => [
      indexed('a', { tags: { [a]: OLD } }),
      indexed('b', { tags: { [b]: OLD } }),
      list,
    ]
    expect(gone(withTags('pr-1', 'main'), [OLDER_THAN_14_DAYS])).toEqual(['a'])
    expect(gone(withTags('main', 'pr-1'), [OLDER_THAN_14_DAYS])).toEqual(['b'])
    expect(gone(withTags('pr-1', 'pr-2'), [OLDER_THAN_14_DAYS]).at(-1)).toBe('c')
  })

  test('one that also describes an image which is not here stays, though the other goes', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': OLD } }),
      indexed('b', { tags: { [referrerTag('a', '')]: OLD, [referrerTag('absent', '')]: OLD } }),
    ]
    expect(gone(images, [OLDER_THAN_14_DAYS])).toEqual(['a'])
    expect(decisionOn('b', images, [OLDER_THAN_14_DAYS])?.reason).toBe(
      'what it signs or describes is not known',
    )
  })

  test('one with a tag of its own needs both: its image gone and its tag expired', () => {
    const signed = (tag: string) => [
      indexed('a', { tags: { [tag]: OLD } }),
      indexed('b', { tags: { [referrerTag('a', '.sig')]: OLD, 'pr-9': OLD } }),
    ]
    expect(gone(signed('main'), [OLDER_THAN_14_DAYS])).toEqual([])
    expect(gone(signed('pr-1'), [OLDER_THAN_14_DAYS])).toEqual(['a', 'b'])
  })

  test('a rule for every tag does not speak of them', () => {
    const images = [
      indexed('a', { tags: { v1: NOW } }),
      indexed('b', { tags: { [referrerTag('a', '.sig')]: OLD } }),
    ]
    expect(gone(images, [EVERYTHING])).toEqual([])
  })

  test('they take no place among the newest', () => {
    const images = [
      indexed('a', { tags: { v1: daysAgo(3) } }),
      indexed('b', { tags: { v2: daysAgo(2) } }),
      indexed('c', { tags: { [referrerTag('a', '.sig')]: daysAgo(1) } }),
      indexed('d', { tags: { [referrerTag('b', '.sig')]: daysAgo(1) } }),
    ]
    expect(gone(images, [{ tag: '**', keepNewest: 2 }])).toEqual([])
  })

  test('the list of referrers goes before those it lists, and after what they refer to', () => {
    const images = [
      indexed('a', { lists: [] }),
      indexed('b', { tags: { [referrerTag('c', '')]: OLD }, lists: ['a'] }),
      indexed('c', { tags: { 'pr-1': OLD } }),
    ]
    expect(gone(images, [OLDER_THAN_14_DAYS])).toEqual(['c', 'b', 'a'])
  })

  test("a list of referrers is found by the 64 digits to which the specification cuts a sha512's", () => {
    const hex = '0123456789abcdef'.repeat(8)
    const subject = { ...indexed('a', { tags: { 'pr-1': OLD } }), digest: `sha512:${hex}` }
    const list = indexed('b', { tags: { [`sha512-${hex.slice(0, 64)}`]: OLD } })
    const plan = planOf([subject, list], [OLDER_THAN_14_DAYS])
    expect(plan.map(({ verdict }) => verdict)).toEqual(['delete', 'delete'])
  })

  test('images that claim to sign each other, or themselves, stay', () => {
    const images = [
      indexed('a', { tags: { [referrerTag('b', '.sig')]: OLD } }),
      indexed('b', { tags: { [referrerTag('a', '.sig')]: OLD, 'pr-1': OLD } }),
      indexed('c', { tags: { [referrerTag('c', '')]: OLD, 'pr-2': OLD } }),
    ]
    expect(gone(images, [OLDER_THAN_14_DAYS])).toEqual([])
    expect(decisionOn('c', images, [EVERYTHING])?.reason).toBe('it hangs on a circle of references')
  })
})

describe('indexes', () => {
  test('a child that is pulled by its digest keeps the index that lists it', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': OLD }, lists: ['b'], layers: [] }),
      indexed('b', { lists: ['c'], pushedAt: OLD }),
      indexed('c', { pushedAt: OLD, pulledAt: daysAgo(2) }),
    ]
    expect(gone(images, [{ tag: 'pr-*', notPulledFor: 7 * DAY_MS }])).toEqual([])
    expect(gone(images, [{ tag: 'pr-*', notPulledFor: DAY_MS }])).toEqual(['a', 'b', 'c'])
  })

  test('a child pushed again today, perhaps for an index that is still on its way, keeps the old one', () => {
    const images = [indexed('a', { tags: { 'pr-1': OLD }, lists: ['b'] }), indexed('b', { pushedAt: NOW })]
    expect(gone(images, [OLDER_THAN_14_DAYS])).toEqual([])
  })

  test('a child goes after the last of the indexes that list it, once', () => {
    const names = ['a', 'b', 'c', 'd']
    for (const child of names) {
      const indexes = names.filter((name) => name !== child)
      const images = [
        indexed(child),
        ...indexes.map((name) => indexed(name, { tags: { [`pr-${name}`]: OLD }, lists: [child] })),
      ]
      const order = gone(images, [OLDER_THAN_14_DAYS])
      expect(order.toSorted()).toEqual(names)
      expect(order.at(-1)).toBe(child)
    }
  })

  test('a manifest stays with what names it, whatever type the reference states', () => {
    const images = [
      indexed('a', { tags: { main: OLD }, layers: ['b'] }),
      indexed('b', { tags: { 'pr-1': OLD } }),
    ]
    expect(gone(images, [OLDER_THAN_14_DAYS])).toEqual([])
  })

  test('a child is not deleted for having expired itself, while its index stays', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': OLD, main: OLD }, lists: ['b', 'b'] }),
      indexed('b', { tags: { 'pr-1-amd64': OLD } }),
    ]
    expect(gone(images, [OLDER_THAN_14_DAYS])).toEqual([])
    expect(decisionOn('b', images, [OLDER_THAN_14_DAYS])?.reason).toBe(
      'it belongs to team/app:main, which stays',
    )
  })

  test('a chain of 20,000 does not end the plan', () => {
    const chain = Array.from({ length: 20_000 }, (_, n) =>
      indexed(
        `${n}`,
        n === 0 ? { tags: { 'pr-1': OLD } } : { tags: { [referrerTag(`${n - 1}`, '.sig')]: OLD } },
      ),
    )
    const plan = planOf(chain, [OLDER_THAN_14_DAYS])
    expect(plan.filter(({ verdict }) => verdict === 'delete')).toHaveLength(20_000)
  })
})

describe('times', () => {
  test.each([
    ['the microsecond of the bound', 14 * DAY, []],
    ['a microsecond past it', 14 * DAY + 1, ['a']],
  ])('an image tagged before %s', (_, age, expected) => {
    const image = indexed('a', { tags: { 'pr-1': NOW - age } })
    expect(gone([image], [OLDER_THAN_14_DAYS])).toEqual(expected)
    expect(gone([image], [{ tag: 'pr-*', notPulledFor: 14 * DAY_MS }])).toEqual(expected)
    const pulled = indexed('a', { tags: { 'pr-1': OLD }, pulledAt: NOW - age })
    expect(gone([pulled], [{ tag: 'pr-*', notPulledFor: 14 * DAY_MS }])).toEqual(expected)
  })

  test('a digest of last month that was tagged again today is fresh', () => {
    const image = indexed('a', { tags: { 'pr-1': daysAgo(1) }, pushedAt: OLD })
    expect(gone([image], [OLDER_THAN_14_DAYS])).toEqual([])
  })

  test('so is one pushed today under a tag that has moved on since', () => {
    const image = indexed('a', { tags: { 'pr-1': OLD }, pushedAt: daysAgo(1) })
    expect(gone([image], [OLDER_THAN_14_DAYS])).toEqual([])
  })

  test('what happened in the future is a reason to keep, and takes no place from others', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': OLD } }),
      indexed('b', { tags: { 'pr-2': NOW + DAY } }),
      indexed('c', { tags: { 'pr-3': daysAgo(40) }, pulledAt: NOW + 1 }),
    ]
    expect(gone(images, [{ tag: 'pr-*', keepNewest: 1 }])).toEqual([])
    expect(gone(images, [{ tag: 'pr-*', keepNewest: 0 }])).toEqual(['a'])
    expect(decisionOn('b', images, [OLDER_THAN_14_DAYS])?.reason).toContain('clocks differ')
  })

  test('a tag since no one knows when stays', () => {
    const image = indexed('a', { tags: { 'pr-1': 0 } })
    expect(decisionOn('a', [image], [EVERYTHING])).toMatchObject({
      ...{ verdict: 'keep', rule: '**', reason: 'when it was tagged is not known' },
    })
  })
})

describe('the newest', () => {
  test('of two tagged at the same moment, always the same one stays', () => {
    const images = ['a', 'b', 'c'].map((name) => indexed(name, { tags: { [`pr-${name}`]: OLD } }))
    const first = gone(images, [{ tag: 'pr-*', keepNewest: 1 }])
    expect(first).toHaveLength(2)
    expect(gone(images.toReversed(), [{ tag: 'pr-*', keepNewest: 1 }])).toEqual(first)
  })

  test('an image counts once, by the younger of its tags', () => {
    const images = [
      indexed('a', { tags: { 'pr-1': daysAgo(9), 'pr-2': daysAgo(1) } }),
      indexed('b', { tags: { 'pr-3': daysAgo(2) } }),
      indexed('c', { tags: { 'pr-4': daysAgo(3) } }),
    ]
    expect(gone(images, [{ tag: 'pr-*', keepNewest: 2 }])).toEqual(['c'])
  })

  test('tags of an earlier rule do not count for a later one', () => {
    const images = [
      indexed('a', { tags: { v1: daysAgo(3) } }),
      indexed('b', { tags: { 'pr-1': daysAgo(1) } }),
    ]
    const rules = [
      { tag: 'pr-*', keepNewest: 0 },
      { tag: '*', keepNewest: 1 },
    ]
    expect(gone(images, rules)).toEqual(['b'])
  })
})

test('the same digest in two repositories is two decisions', () => {
  const images = [
    indexed('a', { repository: 'team/web', tags: { 'pr-1': OLD } }),
    indexed('a', { repository: 'team/app', tags: { main: OLD } }),
  ]
  const plan = planOf(images, [OLDER_THAN_14_DAYS]).map(({ repository, verdict }) => [repository, verdict])
  expect(plan).toEqual([
    ['team/app', 'keep'],
    ['team/web', 'delete'],
  ])
})

test('an unknown manifest holds up its own repository only', () => {
  const images = [
    indexed('a', { tags: { 'pr-1': OLD } }),
    unresolved(indexed('b', { tags: { main: OLD } })),
    indexed('c', { repository: 'team/web', tags: { 'pr-1': OLD } }),
  ]
  expect(gone(images, [OLDER_THAN_14_DAYS])).toEqual(['c'])
  expect(decisionOn('a', images, [OLDER_THAN_14_DAYS])?.reason).toBe(
    'what team/app:main references is not known yet',
  )
})

test('while the subject of an artifact is not known, neither the artifact goes nor anything that may be its subject', () => {
  const rules = [OLDER_THAN_14_DAYS]
  const artifact = indexed('sbom', { tags: { 'pr-1-sbom': OLD }, subject: 'a' })
  const images = [indexed('a', { tags: { 'pr-1': OLD } }), withoutSubject(artifact)]
  expect(gone(images, rules)).toEqual([])
  expect(decisionOn('a', images, rules)?.reason).toBe('what team/app:pr-1-sbom references is not known yet')
})

test('a rule that states no condition deletes nothing', () => {
  expect(gone([indexed('a', { tags: { 'pr-1': OLD } })], [{ tag: '**' }])).toEqual([])
})

test.each([
  ['**', ['other', 'team/app', 'team/app/api']],
  ['team/**', ['team/app', 'team/app/api']],
  ['team/*', ['team/app']],
  ['{other,team/app}', ['other', 'team/app']],
  ['team', []],
])('the repositories of %s are %j', (glob, expected) => {
  const images = ['team/app', 'team/app/api', 'other'].map((repository) => indexed('a', { repository }))
  expect(planOf(images, [EVERYTHING], glob).map(({ repository }) => repository)).toEqual(expected)
})

test('a decision gives project, tags, rule and a reason that people can check', () => {
  const image = indexed('a', { tags: { 'pr-1': daysAgo(30), 'pr-2': daysAgo(20) }, pulledAt: daysAgo(16) })
  const rule = { tag: 'pr-*', olderThan: 14 * DAY_MS, notPulledFor: 7 * DAY_MS, keepNewest: 0 }
  expect(planOf([image], [rule])).toEqual([
    {
      ...{ project: 'ci/team', repository: 'team/app', digest: digest('a'), tags: ['pr-1', 'pr-2'] },
      ...{ verdict: 'delete', rule: 'pr-*' },
      reason: 'tag pr-1: it is 20 days old, it was not pulled for 16 days, 0 that match are newer',
    },
  ])
})

test.each([
  [{ olderThan: 40 * DAY_MS }, 'it is 30 days old, not over 40 days'],
  [{ notPulledFor: 40 * DAY_MS }, 'it was pulled 1 hour ago'],
  [{ keepNewest: 3 }, 'it is number 1 of the 3 newest'],
])('a rule of %j says why it keeps', (condition, reason) => {
  const image = indexed('a', { tags: { main: OLD }, pulledAt: NOW - DAY / 24 })
  expect(decisionOn('a', [image], [{ tag: 'main', ...condition }])).toMatchObject({
    ...{ verdict: 'keep', rule: 'main', reason },
  })
})
