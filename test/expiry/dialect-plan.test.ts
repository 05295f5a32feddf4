import { expect, test } from 'vitest'
import { built, DAY, digest, indexed, NOW, referrerTag, seen, unresolved } from '../../lab/images.ts'
import type { KnownUse } from '../../src/expiry/age-and-use.ts'
import type { DialectName } from '../../src/expiry/dialects/dialects.ts'
import { planExpiry } from '../../src/expiry/plan.ts'
import type { IndexedImage } from '../../src/usage/indexed-image.ts'

const ago = (days: number) => NOW - days * DAY

/** An image of an event, with its tags. */
const pushed = (name: string, tags: string[], days: number, more: Parameters<typeof indexed>[1] = {}) =>
  indexed(name, { age: ago(days), tags: Object.fromEntries(tags.map((tag) => [tag, ago(days)])), ...more })

const planOf = (
  dialect: DialectName,
  document: unknown,
  images: IndexedImage[],
  warn?: (warning: string) => void,
) => {
  const scope = { name: 'p', registry: 'ci', repository: '**' }
  return planExpiry({ ...scope, dialect, document }, 'ci/team', images, NOW, { warn })
}

/** The verdict on each image and the reason, by its name. */
function decided(dialect: DialectName, document: unknown, images: Record<string, IndexedImage>) {
  const plan = planOf(dialect, document, Object.values(images))
  const name = (one: string) => Object.keys(images).find((key) => images[key]?.digest === one) as string
  return Object.fromEntries(
    plan.map(({ digest, verdict, reason }) => [name(digest), `${verdict}: ${reason}`]),
  )
}

const EXPIRE = { action: { type: 'expire' } }
const older = (days: number) => ({ countType: 'sinceImagePushed', countUnit: 'days', countNumber: days })
const ecrRules = (...selections: object[]) => ({
  rules: selections.map((selection, i) => ({ rulePriority: i + 1, selection, ...EXPIRE })),
})
const ecr = ecrRules(
  { tagStatus: 'tagged', tagPatternList: ['v*'], countType: 'imageCountMoreThan', countNumber: 99 },
  { tagStatus: 'untagged', ...older(3) },
  { tagStatus: 'any', ...older(14) },
)

const gitlab = {
  enabled: true,
  cadence: '1d',
  keep_n: 1,
  older_than: '7d',
  name_regex: '.*',
  name_regex_keep: '(?:v.+)',
}

const harborRule = (template: string, n: number, pattern: string, repositories = '**') => ({
  ...{ priority: 0, disabled: false, action: 'retain', template, params: { [template]: n } },
  tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern }],
  scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: repositories }] },
})
const harbor = (...rules: object[]) => ({ algorithm: 'or', rules })

const quay = {
  policies: [{ method: 'creation_date', value: '2w', tagPattern: '^pr-', tagPatternMatches: true }],
}
const zot = {
  delay: '24h',
  policies: [
    { repositories: ['**'], keepTags: [{ patterns: ['^v'] }, { patterns: ['.*'], pushedWithin: '240h' }] },
  ],
}

test.each<[string, DialectName, unknown, Record<string, IndexedImage>, Record<string, string>]>([
  [
    'ECR decides on digests, and says by which rule',
    'ecr',
    ecr,
    {
      release: pushed('a', ['v1', 'pr-1'], 30),
      old: pushed('b', ['pr-2', 'pr-3'], 30),
      fresh: pushed('c', ['pr-4'], 2),
      leftover: pushed('d', [], 30),
    },
    {
      release:
        'keep: ecr: rule 1 keeps it: it is number 1 of the images that the rule selects, newest first, and 99 may stay',
      old: 'delete: ecr: rule 3 expires it: it was pushed over 14 days ago',
      fresh: 'keep: ecr: rule 3 keeps it: it was pushed 14 days ago at most',
      leftover: 'delete: ecr: rule 2 expires it: it was pushed over 3 days ago',
    },
  ],
  [
    'ECR keeps what it knows no push of, and a child that its rules keep',
    'ecr',
    ecrRules({ tagStatus: 'tagged', tagPatternList: ['pr-*'], ...older(14) }),
    {
      unknown: indexed('a', { tags: { 'pr-1': seen(ago(90)) }, age: seen(ago(90)) }),
      index: pushed('b', ['pr-2'], 30, { lists: ['c'] }),
      child: pushed('c', [], 30),
    },
    {
      unknown: 'keep: ecr: rule 1 keeps it: it is not known when it was pushed',
      index: 'delete: ecr: rule 1 expires it: it was pushed over 14 days ago',
      child: 'keep: ecr: no rule selects it',
    },
  ],
  [
    'GitLab decides on tags; children follow their index, and what has no tag stays',
    'gitlab',
    gitlab,
    {
      index: pushed('a', ['pr-1'], 30, { lists: ['b'] }),
      child: pushed('b', [], 30),
      both: pushed('c', ['pr-2', 'v1'], 30),
      fresh: pushed('d', ['pr-3'], 1),
      leftover: pushed('e', [], 30),
    },
    {
      index:
        'delete: gitlab: name_regex matches it, it is not among the 1 newest that no name keeps and it is older than 7 days',
      child: 'delete: it belongs to team/app:pr-1, which is deleted',
      both: 'untag: tag pr-2: gitlab: name_regex matches it, it is not among the 1 newest that no name keeps and it is older than 7 days; it stays for the tag v1: gitlab: name_regex_keep "(?:v.+)" matches it',
      fresh: 'keep: gitlab: it is among the 1 newest that no name keeps',
      leftover: "keep: gitlab: GitLab's policy is about tags, and it has none",
    },
  ],
  [
    'Harbor retains by rules, which do not see the project',
    'harbor',
    harbor(harborRule('latestPushedK', 1, '**', 'app')),
    { fresh: pushed('a', ['pr-1'], 1), old: pushed('b', ['pr-2'], 2), leftover: pushed('c', [], 3) },
    {
      fresh: 'keep: harbor: rules[0] retains it: it is among the 1 most recently pushed',
      old: 'delete: harbor: its repository is reached by rules[0], and no rule retains it',
      leftover: 'delete: harbor: its repository is reached by rules[0], and no rule retains it',
    },
  ],
  [
    'Quay prunes tags, and nothing else',
    'quay',
    quay,
    {
      old: pushed('a', ['pr-1'], 15),
      release: pushed('b', ['v1'], 90),
      leftover: pushed('c', [], 90),
    },
    {
      old: 'delete: quay: it is older than the 2w of policies[0]',
      release: 'keep: quay: no policy selects it',
      leftover: 'keep: quay: Quay prunes tags, and it has none',
    },
  ],
  [
    'zot takes tags that no entry keeps, and then what has no tag',
    'zot',
    zot,
    {
      release: pushed('a', ['v1'], 90),
      old: pushed('b', ['pr-1'], 15),
      fresh: pushed('c', ['pr-2'], 2),
      leftover: pushed('d', [], 15),
    },
    {
      release: expect.stringMatching(/^keep: zot: /),
      old: expect.stringMatching(/^delete: zot: /),
      fresh: expect.stringMatching(/^keep: zot: /),
      leftover: 'delete: zot: it has no tag, and no index lists it',
    },
  ],
  [
    'zot takes the tags and leaves the manifest: then it stays',
    'zot',
    { ...zot, policies: [{ ...zot.policies[0], deleteUntagged: false }] },
    { old: pushed('a', ['pr-1'], 15), leftover: pushed('b', [], 15) },
    {
      old: 'keep: zot: policies[0].deleteUntagged is false',
      leftover: 'keep: zot: policies[0].deleteUntagged is false',
    },
  ],
])('%s', (_, dialect, document, images, expected) => {
  expect(decided(dialect, document, images)).toEqual(expected)
})

const everything: [DialectName, unknown][] = [
  ['ecr', ecrRules({ tagStatus: 'any', ...older(1) })],
  ['gitlab', { ...gitlab, keep_n: null, name_regex_keep: '' }],
  ['harbor', harbor(harborRule('nDaysSinceLastPush', 1, '**'))],
  ['quay', { policies: [{ method: 'creation_date', value: '1d' }] }],
  ['zot', { ...zot, policies: [{ repositories: ['**'], keepTags: [{ pushedWithin: '24h' }] }] }],
]

test.each(everything)('%s: what belongs to an image that is deleted goes with it', (dialect, document) => {
  const images = {
    index: pushed('a', ['v1'], 30, { lists: ['b'] }),
    child: pushed('b', [], 30),
    signature: indexed('c', { age: ago(30), tags: { [referrerTag('a', '.sig')]: ago(30) } }),
    other: pushed('d', ['v2'], 20),
  }
  const plan = planOf(dialect, document, Object.values(images))
  const deleted = plan.filter(({ verdict }) => verdict === 'delete').map((one) => one.digest)
  expect(deleted.toSorted()).toEqual(
    Object.values(images)
      .map((one) => one.digest)
      .sort(),
  )
  for (const part of [images.child, images.signature])
    expect(deleted.indexOf(images.index.digest)).toBeLessThan(deleted.indexOf(part.digest))
})

test.each(everything)(
  "%s: Tallyman's own protections keep, and the reason names no dialect",
  (dialect, document) => {
    const fresh = { v1: ago(0.1) }
    const kept: [string, IndexedImage[], string][] = [
      [
        'b',
        [indexed('a', { tags: fresh, lists: ['b'] }), pushed('b', ['v2'], 30)],
        'it belongs to team/app:v1, which is kept',
      ],
      [
        'b',
        [indexed('a', { tags: fresh }), pushed('b', ['v2'], 30, { subject: 'a' })],
        'it belongs to team/app:v1, which is kept',
      ],
      [
        'a',
        [pushed('a', ['v1'], 30, { subject: 'absent' })],
        'the image that it signs or describes is not known',
      ],
      [
        'a',
        [pushed('a', ['v1'], 30), unresolved(pushed('b', ['v2'], 30))],
        `the references of team/app:v2 are not known yet`,
      ],
      [
        'a',
        [pushed('a', ['v1'], 30, { pulledAt: NOW + 1 })],
        'it was pushed or pulled in the future: clocks differ',
      ],
      [
        'a',
        [pushed('a', ['v1'], 30, { heardSince: NOW + 1 })],
        'it was pushed or pulled in the future: clocks differ',
      ],
    ]
    for (const [name, images, reason] of kept) {
      const plan = planOf(dialect, document, images)
      const decision = plan.find((one) => one.digest === digest(name))
      // The dialect itself may keep it, too, for a reason of its own.
      expect(decision, reason).toMatchObject({ verdict: 'keep' })
      if (decision?.rule === null) expect(decision.reason).toBe(reason)
      else expect(decision).toMatchObject({ rule: dialect, reason: expect.stringContaining(`${dialect}: `) })
    }
  },
)

test.each(everything)(
  '%s: an image of unknown time is never deleted, whatever its bound is',
  (dialect, document) => {
    for (const at of [0, ago(400), NOW])
      for (const tags of [{ 'pr-1': seen(at) }, {}]) {
        const images = [indexed('a', { tags, age: seen(at) }), pushed('b', ['v1'], 90)]
        expect(planOf(dialect, document, images).find((one) => one.digest === digest('a'))?.verdict).toBe(
          'keep',
        )
      }
  },
)

test('a tag that a reconcile found counts from when its image was built', () => {
  const images = {
    old: indexed('a', { tags: { 'pr-1': seen(ago(1)) }, age: built(ago(30)), heardSince: ago(1) }),
  }
  expect(decided('ecr', ecr, images)).toEqual({
    old: 'delete: ecr: rule 3 expires it: it was pushed over 14 days ago',
  })
})

test('GitLab takes tags of unknown time for the newest: they take the places, and stay all the same', () => {
  const document = { ...gitlab, older_than: null }
  const images = {
    unknown1: indexed('a', { tags: { a: seen(ago(9)) }, age: seen(ago(9)) }),
    unknown2: indexed('b', { tags: { b: seen(ago(9)) }, age: seen(ago(9)) }),
  }
  expect(decided('gitlab', document, images)).toEqual({
    unknown1: 'keep: the time of its tagging is not known',
    unknown2: 'keep: gitlab: it is among the 1 newest that no name keeps',
  })
})

test('an image counts as pulled when its pulls were first heard, if that keeps it', () => {
  const document = harbor(harborRule('nDaysSinceLastPull', 7, '**'))
  const found = (name: string, days: number, more = {}) =>
    indexed(name, { tags: { [name]: built(ago(90)) }, age: built(ago(90)), heardSince: ago(days), ...more })
  expect(
    decided('harbor', document, {
      recentlyFound: found('a', 3),
      foundLongAgo: found('b', 8),
      pulled: found('c', 30, { pulledAt: ago(1) }),
      index: found('d', 30, { lists: ['e'] }),
      itsChild: indexed('e', { age: ago(90), heardSince: ago(30), pulledAt: ago(2) }),
    }),
  ).toEqual({
    recentlyFound: expect.stringMatching(
      /^keep: harbor: rules\[0\] retains it: .*; pulls that may be unknown count here$/,
    ),
    foundLongAgo: expect.stringMatching(/^delete: /),
    pulled: expect.stringMatching(/^keep: harbor: rules\[0\] retains it: [^;]*$/),
    index: expect.stringMatching(/^keep: harbor: .*; pulls that may be unknown count here$/),
    itsChild: expect.stringMatching(/^keep: /),
  })
})

test('an image that nobody pulls takes no place of one that somebody pulls', () => {
  const document = harbor(harborRule('latestPulledN', 1, '**'))
  expect(
    decided('harbor', document, {
      pulled: pushed('a', ['v1'], 30, { pulledAt: ago(5) }),
      fresh: pushed('b', ['v2'], 1),
      old: pushed('c', ['v3'], 30),
    }),
  ).toEqual({
    pulled: expect.stringMatching(/^keep: /),
    fresh: expect.stringMatching(/^keep: .*; pulls that may be unknown count here$/),
    old: expect.stringMatching(/^delete: /),
  })
})

test('an image of the future takes no place among the newest', () => {
  const document = ecrRules({ tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 1 })
  expect(decided('ecr', document, { future: pushed('a', ['v2'], -1), now: pushed('b', ['v1'], 1) })).toEqual({
    future: expect.stringMatching(/^keep: /),
    now: expect.stringMatching(/^keep: /),
  })
})

test('warnings: those about the document, and those about a repository with its name', () => {
  const document = ecrRules({
    tagStatus: 'tagged',
    tagPatternList: ['v*', 'w*'],
    countType: 'imageCountMoreThan',
    countNumber: 1,
  })
  const images = [
    pushed('a', ['v1', 'w1', 'x'], 3),
    pushed('b', ['v2', 'w2'], 2),
    pushed('c', ['v1', 'w1'], 2, { repository: 'team/web' }),
  ]
  const warnings = new Set<string>()
  planOf('ecr', document, images, (warning) => warnings.add(warning))
  expect([...warnings]).toEqual([
    'Rule 1 selects only images with tags for all entries of its list: the list means "and", not "or".',
    'team/app: Rule 1 expires images that also have tags that its list does not match: 1.',
  ])
})

test('a tag of unknown age takes no place from the newest of which the age is known', () => {
  const document = { enabled: true, keep_n: 1, older_than: '7d', name_regex: '.*', name_regex_keep: '' }
  const images = {
    unknown: indexed('a', { tags: { old: seen(ago(40)) } }),
    newest: pushed('b', ['newest'], 9),
    middle: pushed('c', ['middle'], 20),
  }
  expect(decided('gitlab', document, images)).toEqual({
    unknown: expect.stringMatching(/^keep: /),
    newest: expect.stringMatching(/^keep: .*; tags whose time is not known take no place here$/),
    middle: expect.stringMatching(/^delete: /),
  })
})

test.each<[string, KnownUse]>([
  ['not heard', { isComplete: true, since: 0, unheard: 'its registry sends no pulls' }],
  ['only partly known', { isComplete: false, since: 0 }],
])('a policy that compares pulls expires no young image where pulls are %s', (_, use) => {
  const images = [1, 2, 3, 4].map((days) => pushed('abcd'[days - 1] ?? '', [`t${days}`], days))
  const scope = { name: 'p', registry: 'ci', repository: '**' }
  for (const [dialect, document] of [
    ['harbor', harbor(harborRule('latestPulledN', 1, '**'))],
    ['harbor', harbor(harborRule('latestActiveK', 1, '**'))],
    [
      'zot',
      { policies: [{ repositories: ['**'], keepTags: [{ patterns: ['.*'], mostRecentlyPulledCount: 1 }] }] },
    ],
  ] satisfies [DialectName, unknown][]) {
    const goes = (known: KnownUse) =>
      planExpiry({ ...scope, dialect, document }, 'ci/team', images, NOW, { use: known }).filter(
        ({ verdict }) => verdict === 'delete',
      ).length
    expect(goes(use)).toBe(0)
    expect(goes({ isComplete: true, since: 0 })).toBeGreaterThan(0)
  }
})
