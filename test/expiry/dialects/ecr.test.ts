import { describe, expect, test } from 'vitest'
import {
  ARCHIVE,
  any,
  archived,
  DAY,
  days,
  decide,
  image,
  index,
  NOW,
  newest,
  policy,
  prefixed,
  tagged,
  untagged,
} from './ecr-bed.ts'

const two = {
  A: image('A', ['beta-1', 'prod-1'], 10),
  B: image('B', ['beta-2', 'prod-2'], 9),
  C: image('C', ['beta-3'], 8),
}
const lettered = {
  A: image('A', ['alpha-1'], 12),
  B: image('B', ['beta-1'], 11),
  C: image('C', ['alpha-2', 'beta-2'], 10),
  D: image('D', ['alpha-3'], 4),
  E: image('E', ['beta-3'], 3),
  F: image('F', ['alpha-4', 'beta-4'], 2),
}
const notExclusive = {
  A: image('A', ['alpha-1', 'beta-1', 'gamma-1'], 10),
  B: image('B', ['alpha-2', 'beta-2'], 9),
  C: image('C', ['alpha-3', 'beta-3', 'gamma-2'], 8),
}
const everything = {
  A: image('A', ['alpha-1'], 4),
  B: image('B', ['beta-1'], 3),
  C: image('C', [], 2),
  D: image('D', ['alpha-2'], 1),
}
const combined = {
  A: image('A', ['alpha-1', 'beta-1'], 4),
  B: image('B', [], 3),
  C: image('C', ['alpha-2'], 2),
  D: image('D', ['git hash'], 1),
  E: image('E', [], 1),
}

// https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html, headings in the names
test.each([
  ['Filtering on image age', policy([tagged('prod*'), days(14)]), { A: image('A', ['prod1'], 15) }, ['A']],
  [
    'Filtering on image count',
    policy([untagged, newest(1)]),
    { A: image('A', [], 3), B: image('B', [], 2), C: image('C', ['v1'], 9) },
    ['A'],
  ],
  [
    'Filtering on multiple rules, A',
    policy([tagged('prod*'), newest(1)], [tagged('beta*'), newest(1)]),
    ...[two, ['A']],
  ],
  [
    'Filtering on multiple rules, B',
    policy([tagged('beta*'), newest(1)], [tagged('prod*'), newest(1)]),
    ...[two, ['A', 'B']],
  ],
  ['Filtering on multiple tags, A', policy([tagged('alpha*', 'beta*'), days(5)]), lettered, ['C']],
  ['Filtering on multiple tags, A, by prefix', policy([prefixed('alpha', 'beta'), days(5)]), lettered, ['C']],
  ['Filtering on multiple tags, B', policy([tagged('alpha*', 'beta*'), newest(1)]), notExclusive, ['A', 'B']],
  ['Filtering on all images, A', policy([any, newest(1)]), everything, ['A', 'B', 'C']],
  [
    'Filtering on all images, B',
    policy([tagged('alpha*'), newest(1)], [untagged, days(1)], [any, newest(1)]),
    ...[combined, ['A', 'B', 'D']],
  ],
  [
    'Archiving images older than a specified number of days',
    policy([tagged('prod*'), days(30), ARCHIVE]),
    ...[{ A: image('A', ['prod1'], 31) }, []],
  ],
  [
    'Combining archive and expire rules',
    policy([any, days(30), ARCHIVE], [any, archived(365)]),
    ...[{ A: image('A', ['v1'], 1000), B: image('B', [], 20) }, []],
  ],
] as const)('Examples of lifecycle policies: %s', (_, document, images, expired) => {
  expect(decide(document, images).expired).toEqual(expired)
})

test('an image that a rule keeps cannot be expired by a later rule, but counts in it', () => {
  const images = {
    stable: image('stable', ['stable'], 1),
    old: image('old', ['stable-2'], 90),
    v3: image('v3', ['v3'], 2),
    v2: image('v2', ['v2'], 3),
  }
  const { expired, reasons } = decide(policy([tagged('stable*'), newest(99)], [any, newest(2)]), images)
  // The two newest of all are `stable` and `v3`.
  expect(expired).toEqual(['v2'])
  expect(reasons).toEqual({
    stable:
      'rule 1 keeps it: it is number 1 of the images that the rule selects, newest first, and 99 may stay',
    old: 'rule 1 keeps it: it is number 2 of the images that the rule selects, newest first, and 99 may stay',
    v3: 'rule 2 keeps it: it is number 2 of the images that the rule selects, newest first, and 2 may stay',
    v2: 'rule 2 expires it: it is number 3 of the images that the rule selects, newest first, and 2 may stay',
  })
})

test('rules are applied by their priority, not by their place in the document', () => {
  const { rules } = policy([tagged('prod*'), newest(1)], [tagged('beta*'), newest(1)])
  expect(decide({ rules: rules.toReversed() }, two).expired).toEqual(['A'])
})

test.each([
  ['prod', ['prod'], ['prod1', 'PROD', 'xprod']],
  ['prod*', ['prod', 'prod1', 'production-team1'], ['repo-prod', 'Prod1']],
  ['*prod*', ['repo-production', 'prod-team', 'prod'], ['pro-d']],
  ['v*.*.*', ['v1.2.3', 'v...', 'v1..2'], ['v1.2', 'xv1.2.3']],
  ['*-a*b*c-*', ['x-abc-y', '-a1b2c-'], ['-cba-', '-abc']],
  ['a*a', ['aa', 'aba'], ['a']],
])('the pattern %s matches the whole tag, and only * is a wildcard', (pattern, matching, others) => {
  const images = Object.fromEntries([...matching, ...others].map((tag) => [tag, image(tag, [tag], 5)]))
  expect(decide(policy([tagged(pattern), days(1)]), images).expired.sort()).toEqual([...matching].sort())
})

test('an image is older only after the days have passed', () => {
  const images = {
    before: image('before', ['v1'], 13.99),
    exactly: image('exactly', ['v2'], 14),
    after: image('after', ['v3'], null, { pushedAt: NOW - 14 * DAY - 1 }),
    future: image('future', ['v4'], -2),
  }
  const { expired, reasons } = decide(policy([tagged('v*'), days(14)]), images)
  expect(expired).toEqual(['after'])
  expect(reasons.exactly).toBe('rule 1 keeps it: it was pushed 14 days ago at most')
  expect(reasons.after).toBe('rule 1 expires it: it was pushed over 14 days ago')
})

describe('an image whose push time is not known', () => {
  const images = { lost: image('lost', ['v0'], null), v2: image('v2', ['v2'], 2), v1: image('v1', ['v1'], 3) }

  test('is not older than anything', () => {
    expect(decide(policy([any, days(1)]), images).expired).toEqual(['v2', 'v1'])
  })

  test('stays among counted images and takes no place', () => {
    const { expired, reasons } = decide(policy([any, newest(1)]), images)
    expect(expired).toEqual(['v1'])
    expect(reasons.lost).toBe('rule 1 keeps it: it is not known when it was pushed')
  })

  test('cannot be expired by a later rule', () => {
    const document = policy([tagged('v0'), days(1)], [any, newest(1)])
    expect(decide(document, images).expired).toEqual(['v1'])
  })
})

test('of images with one push time exactly as many stay as the rule says, in any order of the images', () => {
  const images = ['a', 'b', 'c', 'd'].map((name) => image(name, [name], 1))
  const kept = (some: typeof images) =>
    decide(policy([any, newest(2)]), some)
      .verdicts.filter(({ isKept }) => isKept)
      .map(({ image: { digest } }) => digest)
      .sort()
  expect(kept(images)).toHaveLength(2)
  expect(kept(images.toReversed())).toEqual(kept(images))
})

test('an index that was pushed in the same second as its children is newer than they', () => {
  const images = { x: image('x', [], 1), y: image('y', [], 1), both: index('both', ['v1'], 1, ['x', 'y']) }
  expect(decide(policy([any, newest(1)]), images).expired).toEqual([])
})

test('repositories are counted apart', () => {
  const at = (repository: string, name: string, daysAgo: number) =>
    image(name, [name], daysAgo, { repository })
  const images = {
    ...{ a1: at('a', 'a1', 9), a2: at('a', 'a2', 8), b1: at('b', 'b1', 7) },
    // The same digest, in a repository of its own.
    c1: at('c', 'a1', 20),
  }
  expect(decide(policy([any, newest(1)]), images).expired).toEqual(['a1'])
})

describe('archive', () => {
  const images = {
    unused: image('unused', ['v1'], 200),
    used: image('used', ['v2'], 200, { pulledAt: NOW - 5 * DAY }),
    idle: image('idle', ['v3'], 200, { pulledAt: NOW - 90 * DAY - 1 }),
    exactly: image('exactly', ['v4'], 200, { pulledAt: NOW - 90 * DAY }),
    lost: image('lost', ['v5'], null),
  }

  test('a transition never deletes, and later rules cannot delete what it selects', () => {
    const byPull = policy([tagged('v*'), days(90, 'sinceImagePulled'), ARCHIVE], [any, newest(1)])
    const { expired, reasons } = decide(byPull, images)
    expect(expired).toEqual([])
    expect(reasons).toEqual({
      unused: 'rule 1 archives it in ECR, so it is kept: it was pushed over 90 days ago',
      used: 'rule 1 keeps it: it was pulled last 90 days ago at most',
      idle: 'rule 1 archives it in ECR, so it is kept: it was pulled last over 90 days ago',
      exactly: 'rule 1 keeps it: it was pulled last 90 days ago at most',
      lost: 'rule 1 keeps it: it is not known when it was pushed',
    })
  })

  test('a rule for archived images selects nothing and shields nothing', () => {
    const document = policy([any, archived(90)], [tagged('v*'), days(100)])
    const { expired, reasons } = decide(document, images)
    expect(expired).toEqual(['unused', 'used', 'idle', 'exactly'])
    expect(decide(policy([any, archived(90)]), images).reasons.unused).toBe('no rule selects it')
    expect(reasons.lost).toBe('rule 2 keeps it: it is not known when it was pushed')
  })

  test('an index that ECR would archive is still there, so its children stay', () => {
    const multi = { x: image('x', [], 50), both: index('both', ['v1'], 50, ['x']) }
    const document = policy([tagged('v*'), days(30), ARCHIVE], [untagged, days(30)])
    expect(decide(document, multi).expired).toEqual([])
  })
})

test('without images there are no verdicts', () => {
  expect(decide(policy([any, days(1)]), []).verdicts).toEqual([])
})
