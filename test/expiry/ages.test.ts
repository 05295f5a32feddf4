import { describe, expect, test } from 'vitest'
import { built, DAY, DAY_MS, digest, indexed, NOW, seen } from '../../lab/images.ts'
import { expiring } from '../../lab/rules.ts'
import { planExpiry } from '../../src/expiry/plan.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'

/** Rules about images whose age is not known, or comes from another source than events (docs/usage.md, What expiry makes of ages). */
const daysAgo = (days: number) => NOW - days * DAY
const FIVE_MINUTES_AGO = NOW - 300_000_000

const decisionsOn = (images: IndexedImage[], rule: Parameters<typeof expiring>[0]) => {
  const policy = { name: 'clean', registry: 'ci', repository: '**', rules: expiring(rule) }
  const plan = planExpiry(policy, 'ci/team', images, NOW)
  return images.map((image) => plan.find((decision) => decision.digest === image.digest))
}

/** Verdict and reason for the first of the images. */
const decisionOn = (images: IndexedImage[], rule: Parameters<typeof expiring>[0]) => {
  const decision = decisionsOn(images, rule)[0]
  return `${decision?.verdict}: ${decision?.reason}`
}

/** The tags of what is deleted, sorted. */
const deletedBy = (images: IndexedImage[], rule: Parameters<typeof expiring>[0]) =>
  decisionsOn(images, rule)
    .flatMap((decision) => (decision?.verdict === 'delete' ? decision.tags : []))
    .sort()

describe('olderThan', () => {
  test.each<[string, IndexedImage[], string]>([
    [
      'an image that was first seen five minutes ago',
      [indexed('a', { tags: { v1: seen(FIVE_MINUTES_AGO) } })],
      'keep: its age is not known: it was first seen 5 minutes ago',
    ],
    [
      'an undated image',
      [indexed('a', { tags: { v1: { at: FIVE_MINUTES_AGO, source: 'undated' } } })],
      'keep: its age is not known: it was first seen 5 minutes ago',
    ],
    [
      'an image that was first seen long ago',
      [indexed('a', { tags: { v1: seen(daysAgo(91)) } })],
      'delete: it is at least 91 days old',
    ],
    [
      'the first day over the API: an image that was built 200 days ago',
      [indexed('a', { tags: { v1: seen(FIVE_MINUTES_AGO) }, age: built(daysAgo(200)) })],
      'delete: it was built 200 days ago',
    ],
    [
      'the first day over the API: an image that was built a week ago',
      [indexed('a', { tags: { v1: seen(FIVE_MINUTES_AGO) }, age: built(daysAgo(7)) })],
      'keep: it was built 7 days ago, not over 90 days',
    ],
    [
      'a fresh tag on an old digest',
      [
        indexed('a', {
          ...{ tags: { v1: seen(FIVE_MINUTES_AGO) }, age: built(daysAgo(200)), heardSince: daysAgo(3) },
        }),
      ],
      'keep: its age is not known: it was first seen 5 minutes ago',
    ],
    [
      'a fresh tag beside one that was found with the image',
      [
        indexed('a', {
          tags: { v1: seen(daysAgo(3)), v2: seen(FIVE_MINUTES_AGO) },
          ...{ age: built(daysAgo(200)), heardSince: daysAgo(3) },
        }),
      ],
      'untag: tag v1: it was built 200 days ago; it stays for the tag v2: its age is not known: it was first seen 5 minutes ago',
    ],
    [
      'an index with a child of unknown age',
      [
        indexed('a', { tags: { v1: daysAgo(200) }, lists: ['b'] }),
        indexed('b', { age: seen(FIVE_MINUTES_AGO) }),
      ],
      'keep: its age is not known: it was first seen 5 minutes ago',
    ],
    [
      'an index of unknown age with a child that was built at the same time as the index was seen',
      [
        indexed('a', { tags: { v1: seen(daysAgo(2)) }, lists: ['b'] }),
        indexed('b', { age: built(daysAgo(2)) }),
      ],
      'keep: it was built 2 days ago, not over 90 days',
    ],
    [
      'an image that was first seen in the future',
      [indexed('a', { tags: { v1: daysAgo(200) }, age: seen(NOW + 1), heardSince: daysAgo(200) })],
      'keep: it was pushed or pulled in the future: clocks differ',
    ],
    [
      'an image whose config tells a time in the future',
      [indexed('a', { tags: { v1: seen(daysAgo(200)) }, age: built(NOW + 1) })],
      'keep: it was pushed or pulled in the future: clocks differ',
    ],
  ])('%s', (_, images, expected) => {
    expect(decisionOn(images, { olderThan: 90 * DAY_MS })).toBe(expected)
  })

  test.each([
    ['exactly as long ago as the bound', 90 * DAY, 'keep'],
    ['a microsecond longer ago', 90 * DAY + 1, 'delete'],
  ])('an image that was first seen %s', (_, ago, verdict) => {
    const images = [indexed('a', { tags: { v1: seen(NOW - ago) } })]
    expect(decisionOn(images, { olderThan: 90 * DAY_MS })).toMatch(verdict)
  })
})

describe('notUsedFor', () => {
  const found = { tags: { v1: seen(daysAgo(2)) }, age: built(daysAgo(100)), heardSince: daysAgo(2) }
  const FIRST_SEEN = 'it was first seen 2 days ago, and pulls from before are not known'

  test.each<[string, IndexedImage[], string]>([
    ['an image that was built long ago and found two days ago', [indexed('a', found)], `keep: ${FIRST_SEEN}`],
    [
      'an image that was tagged long ago by the storage and found two days ago',
      [
        indexed('a', {
          tags: { v1: { at: daysAgo(100), source: 'storage' } },
          heardSince: daysAgo(2),
        }),
      ],
      `keep: ${FIRST_SEEN}`,
    ],
    [
      'an image that was found two days ago and pulled since',
      [indexed('a', { ...found, pulledAt: daysAgo(1) })],
      'keep: it was pulled 1 day ago',
    ],
    [
      'an image that was found eight days ago and not pulled since',
      [indexed('a', { ...found, tags: { v1: seen(daysAgo(8)) }, heardSince: daysAgo(8) })],
      'delete: it was not used for 8 days',
    ],
    ['a push that was heard', [indexed('a', { tags: { v1: daysAgo(2) } })], 'keep: it was pushed 2 days ago'],
    [
      'a push that was missed, and that the storage tells',
      [
        indexed('a', {
          ...{
            tags: { v1: daysAgo(30) },
            age: { at: daysAgo(2), source: 'storage' },
            heardSince: daysAgo(30),
          },
        }),
      ],
      'keep: it was pushed 2 days ago',
    ],
    [
      'a fresh tag on an image that was found long ago',
      [indexed('a', { ...found, heardSince: daysAgo(30) })],
      'keep: its tag was first seen 2 days ago',
    ],
    [
      'an index with a child that was found two days ago',
      [
        indexed('a', { tags: { v1: daysAgo(30) }, lists: ['b'] }),
        indexed('b', { age: built(daysAgo(100)), heardSince: daysAgo(2) }),
      ],
      `keep: ${FIRST_SEEN}`,
    ],
    [
      'an image that is heard since a time in the future',
      [indexed('a', { tags: { v1: daysAgo(30) }, heardSince: NOW + 1 })],
      'keep: it was pushed or pulled in the future: clocks differ',
    ],
  ])('%s', (_, images, expected) => {
    expect(decisionOn(images, { notUsedFor: 7 * DAY_MS })).toBe(expected)
  })
})

describe('keepNewest', () => {
  test('six images that one reconcile read are kept, since nothing tells their order', () => {
    const images = 'abcdef'
      .split('')
      .map((name) => indexed(name, { tags: { [name]: seen(FIVE_MINUTES_AGO) } }))
    for (const decision of decisionsOn(images, { keepNewest: 2 }))
      expect(decision).toMatchObject({
        ...{ verdict: 'keep', reason: 'its age is not known: it may be among the 2 newest' },
      })
    expect(decisionOn(images, { keepNewest: 6 })).toBe('keep: it is among the 6 newest')
    expect(deletedBy(images, { keepNewest: 0 })).toHaveLength(6)
  })

  test('on the first day over the API the order is that of the times at which images were built', () => {
    const images = [5, 3, 1, 4, 2].map((days) =>
      indexed(`${days}`, { tags: { [`v${days}`]: seen(FIVE_MINUTES_AGO) }, age: built(daysAgo(days)) }),
    )
    expect(deletedBy(images, { keepNewest: 2 })).toEqual(['v3', 'v4', 'v5'])
    expect(decisionsOn(images, { keepNewest: 2 }).map((decision) => decision?.reason)).toEqual([
      'by "keep 2 newest **" it is number 5, and the rule keeps the 2 newest',
      'by "keep 2 newest **" it is number 3, and the rule keeps the 2 newest',
      'it is number 1 of the 2 newest',
      'by "keep 2 newest **" it is number 4, and the rule keeps the 2 newest',
      'it is number 2 of the 2 newest',
    ])
  })

  test.each<[string, IndexedImage[], string[]]>([
    [
      'images that were pushed after an image of unknown age was seen are newer',
      [
        indexed('a', { tags: { a: seen(daysAgo(3)) } }),
        indexed('b', { tags: { b: daysAgo(2) } }),
        indexed('c', { tags: { c: daysAgo(1) } }),
      ],
      ['a'],
    ],
    [
      'an image of unknown age is not newer than others, however late it was seen',
      [
        indexed('a', { tags: { a: daysAgo(30) } }),
        indexed('b', { tags: { b: daysAgo(20) } }),
        indexed('c', { tags: { c: seen(daysAgo(1)) } }),
      ],
      [],
    ],
    [
      'an image that was pushed at the moment at which another was seen is not newer',
      [
        indexed('a', { tags: { a: seen(daysAgo(3)) } }),
        indexed('b', { tags: { b: daysAgo(3) } }),
        indexed('c', { tags: { c: daysAgo(1) } }),
      ],
      [],
    ],
    [
      'a microsecond later it is',
      [
        indexed('a', { tags: { a: seen(daysAgo(3)) } }),
        indexed('b', { tags: { b: daysAgo(3) + 1 } }),
        indexed('c', { tags: { c: daysAgo(1) } }),
      ],
      ['a'],
    ],
    [
      'two of three images were pushed at the same time',
      [
        indexed('a', { tags: { a: daysAgo(3) } }),
        indexed('b', { tags: { b: daysAgo(3) } }),
        indexed('c', { tags: { c: daysAgo(1) } }),
      ],
      [],
    ],
    [
      'the oldest is deleted, whatever the order of the newest',
      [
        indexed('a', { tags: { a: daysAgo(3) } }),
        indexed('b', { tags: { b: daysAgo(1) } }),
        indexed('c', { tags: { c: daysAgo(1) } }),
      ],
      ['a'],
    ],
    [
      'an image is as new as its youngest tag, even if the age of another tag is not known',
      [
        indexed('a', { tags: { a: seen(daysAgo(9)), a2: daysAgo(1) } }),
        indexed('b', { tags: { b: daysAgo(2) } }),
        indexed('c', { tags: { c: daysAgo(3) } }),
      ],
      ['c'],
    ],
    [
      'the same, whatever the order of the tags',
      [
        indexed('a', { tags: { a: daysAgo(1), a2: daysAgo(9) } }),
        indexed('b', { tags: { b: daysAgo(2) } }),
        indexed('c', { tags: { c: daysAgo(3) } }),
      ],
      ['c'],
    ],
    [
      'a tag of unknown age may make an image the newest',
      [
        indexed('a', { tags: { a: daysAgo(9), a2: seen(daysAgo(1)) } }),
        indexed('b', { tags: { b: daysAgo(3) } }),
        indexed('c', { tags: { c: daysAgo(2) } }),
      ],
      [],
    ],
    [
      'a fresh tag on an old digest may be the newest',
      [
        indexed('a', {
          ...{ tags: { a: seen(FIVE_MINUTES_AGO) }, age: built(daysAgo(200)), heardSince: daysAgo(3) },
        }),
        indexed('b', { tags: { b: daysAgo(2) } }),
        indexed('c', { tags: { c: daysAgo(1) } }),
      ],
      [],
    ],
  ])('keepNewest 2: %s', (_, images, expected) => {
    expect(deletedBy(images, { keepNewest: 2 })).toEqual(expected)
  })

  test('an image whose time is known is kept if it is not known which images are newer', () => {
    const images = [
      indexed('a', { tags: { a: daysAgo(30) } }),
      indexed('b', { tags: { b: seen(daysAgo(2)) } }),
      indexed('c', { tags: { c: seen(daysAgo(2)) } }),
    ]
    expect(decisionOn(images, { keepNewest: 2 })).toBe(
      'keep: it is not known which images are newer: it may be among the 2 newest',
    )
  })

  test('a tag without a known time keeps its image, and makes no other image older', () => {
    const images = [indexed('a', { tags: { a: seen(0) } }), indexed('b', { tags: { b: daysAgo(2) } })]
    expect(decisionOn(images, { keepNewest: 0 })).toBe('keep: the time of its tagging is not known')
    expect(decisionOn(images.toReversed(), { keepNewest: 1 })).toBe(
      'keep: it is not known which images are newer: it may be among the 1 newest',
    )
  })

  test('a plan orders 10,000 images of which half have no known age', () => {
    const count = 10_000
    const images = Array.from({ length: count }, (_, n) => ({
      ...indexed('a'),
      digest: digest(`${n}`),
      references: [],
      tags: [
        {
          name: `v${n}`,
          age: { at: NOW - (n + 1) * 1_000_000, source: n % 2 === 0 ? 'event' : 'seen' } as const,
        },
      ],
    }))
    const policy = {
      ...{ name: 'clean', registry: 'ci', repository: '**', rules: expiring({ keepNewest: 10 }) },
    }
    const plan = planExpiry(policy, 'ci/team', images, NOW)
    // The images 0, 2, … 18 were pushed; an image after them is certainly older, whether pushed or only seen.
    expect(plan.filter(({ verdict }) => verdict === 'delete')).toHaveLength(count - 19)
  })
})
