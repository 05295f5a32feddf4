import { expect, test } from 'vitest'
import type { PolicyImage } from '../../../src/expiry/dialects/dialect.ts'
import { zot } from '../../../src/expiry/dialects/zot.ts'
import * as scenes from './tag-scenes.ts'
import { DAY, digest, HOUR, image, NOW } from './tag-scenes.ts'

const ALL = { repositories: ['**'] }
const retention = (...policies: object[]) => ({ delay: '24h', policies })
const keepTags = (...entries: object[]) => retention({ ...ALL, keepTags: entries })
const expired = (document: unknown, images: readonly PolicyImage[]) => scenes.expired(zot, document, images)
const report = (document: unknown, images: readonly PolicyImage[]) => scenes.report(zot, document, images)
const pushed = (digit: string, tag: string, ago: number, more: Partial<PolicyImage> = {}) =>
  image(digit, [tag], { pushedAt: NOW - ago, ...more })

// https://zotregistry.dev/latest/articles/retention, "Complete configuration file example", whose observations follow it.
const documented = {
  dryRun: false,
  delay: '24h',
  policies: [
    {
      repositories: ['infra/*', 'prod/*'],
      deleteReferrers: false,
      keepTags: [{ patterns: ['v2.*', '.*-prod'] }, { patterns: ['v3.*', '.*-prod'], pulledWithin: '168h' }],
    },
    {
      repositories: ['tmp/**'],
      ...{ deleteReferrers: true, deleteUntagged: true },
      keepTags: [{ patterns: ['v1.*'], pulledWithin: '168h', pushedWithin: '168h' }],
    },
    {
      repositories: ['**'],
      ...{ deleteReferrers: true, deleteUntagged: true },
      keepTags: [
        {
          ...{ mostRecentlyPushedCount: 10, mostRecentlyPulledCount: 10 },
          ...{ pulledWithin: '720h', pushedWithin: '720h' },
        },
      ],
    },
  ],
}

test('the documented example: infra/ and prod/', () => {
  const old = { repository: 'infra/a', pushedAt: NOW - 90 * DAY }
  const images = [
    image('1', ['v2.1', 'x-prod', 'v1.0', 'v3.0'], old),
    image('2', ['v3.1'], { ...old, pulledAt: NOW - 6 * DAY }),
    image('3', [], { ...old, pushedAt: NOW - 25 * HOUR }),
    image('4', [], { ...old, pushedAt: NOW - 23 * HOUR }),
    image('5', [], { ...old, subject: digest('f') }),
  ]
  expect(report(documented, images)).toMatchObject({
    kept: [
      `infra/a:v2.1`,
      `infra/a:v3.1`,
      `infra/a:x-prod`,
      `infra/a@${digest('4')}`,
      `infra/a@${digest('5')}`,
    ],
    expired: ['infra/a:v1.0', 'infra/a:v3.0', `infra/a@${digest('3')}`],
  })
})

test('the documented example: tmp/', () => {
  const old = { repository: 'tmp/a/b', pushedAt: NOW - 90 * DAY }
  const images = [
    image('1', ['v1.1', 'v2'], old),
    image('2', ['v1.2'], { ...old, pulledAt: NOW - 6 * DAY }),
    image('3', ['v1.3'], { ...old, pushedAt: NOW - 6 * DAY }),
    image('4', [], { ...old, subject: digest('f') }),
    image('5', [], { ...old, subject: digest('f'), pushedAt: NOW - 23 * HOUR }),
  ]
  expect(report(documented, images).expired).toEqual(['tmp/a/b:v1.1', 'tmp/a/b:v2', `tmp/a/b@${digest('4')}`])
})

test('the documented example: all other repositories', () => {
  const images = [...'0123456789abcdef'].map((digit, n) =>
    pushed(digit, `t${digit}`, (31 + n) * DAY, n === 14 ? { pulledAt: NOW - 29 * DAY } : {}),
  )
  // Ten were pushed last. One was pulled; nine that never were fill its list, and these are among the ten.
  expect(expired(documented, images)).toEqual(['ta', 'tb', 'tc', 'td', 'tf'])
})

test('a repository has the first policy that matches it, and no other', () => {
  const document = retention(
    { repositories: ['app'], keepTags: [{ patterns: ['v1'] }] },
    { repositories: ['**'], keepTags: [{ patterns: ['v2'] }] },
  )
  const images = [image('1', ['v1', 'v2']), image('2', ['v1', 'v2'], { repository: 'other' })]
  expect(report(document, images).expired).toEqual(['app:v2', 'other:v1'])
  expect(report(document, images.slice(0, 1)).warnings).toEqual([
    'policies[1]: policies before it take all repositories that it matches',
  ])
})

test('a tag has the first entry of keepTags that matches it, without falling through', () => {
  const document = keepTags({ patterns: ['^v'], pushedWithin: '1h' }, { patterns: ['^v1$'] }, {})
  expect(expired(document, [image('1', ['v1', 'v2', 'main'])])).toEqual(['v1', 'v2'])
  expect(report(document, [image('1', ['v1'])]).warnings).toEqual([
    'policies[0].keepTags[0]: it takes tags that policies[0].keepTags[1] matches as well; only the first match counts',
  ])
})

test.each([
  ['pushed', { mostRecentlyPulledCount: 1, pushedWithin: '48h' }, ['d']],
  ['pulled or pushed', { pulledWithin: '48h' }, ['c', 'd']],
  ['counted', { mostRecentlyPushedCount: 1 }, ['b', 'c', 'd']],
  ['all of them', { mostRecentlyPushedCount: 1, mostRecentlyPulledCount: 1, pulledWithin: '1h' }, ['b', 'd']],
])('criteria are united: %s', (_, criteria, gone) => {
  const images = [
    pushed('1', 'a', DAY),
    pushed('2', 'b', 1.5 * DAY, { pulledAt: NOW - 3 * DAY }),
    pushed('3', 'c', 3 * DAY, { pulledAt: NOW - 2 * DAY }),
    pushed('4', 'd', 4 * DAY),
  ]
  expect(expired(keepTags(criteria), images)).toEqual(gone)
})

test('within is strict: what is exactly as old is not within', () => {
  const images = [pushed('1', 'at', 48 * HOUR), pushed('2', 'within', 48 * HOUR - 1)]
  expect(expired(keepTags({ pushedWithin: '48h' }), images)).toEqual(['at'])
  const pulled = images.map((one) => ({ ...one, pulledAt: one.pushedAt, pushedAt: NOW - 90 * DAY }))
  expect(expired(keepTags({ pulledWithin: '48h' }), pulled)).toEqual(['at'])
})

test('without statistics a tag is kept, also if no pattern matches it, and it is not counted', () => {
  const images = [
    image('1', ['unknown', 'v1'], { pushedAt: null }),
    pushed('2', 'v2', DAY),
    pushed('3', 'v3', 2 * DAY),
  ]
  expect(expired(keepTags({ patterns: ['^v'], mostRecentlyPushedCount: 1 }), images)).toEqual(['v3'])
  expect(report(keepTags({ patterns: ['^v'] }), images).reasons['app:unknown']).toBe(
    'zot has no statistics of it',
  )
})

test("cosign's signatures are kept: zot has no statistics of them", () => {
  const tags = ['sig', 'att', 'sbom'].map((kind) => `sha256-${'1'.repeat(64)}.${kind}`)
  const { kept, warnings } = report(keepTags({ patterns: ['^v'] }), [image('1', ['v1']), image('2', tags)])
  expect(kept).toEqual([`app:${tags[0]}`, 'app:v1'])
  expect(warnings).toEqual([
    'policies[0].keepTags: it deletes signatures or attestations (sha256-…) whose image may stay',
  ])
})

test('counts are of tags: tags of one manifest are counted each', () => {
  const images = [image('1', ['a', 'b', 'c'], { pushedAt: NOW - DAY }), pushed('2', 'old', 2 * DAY)]
  expect(expired(keepTags({ mostRecentlyPushedCount: 3 }), images)).toEqual(['old'])
  expect(expired(keepTags({ mostRecentlyPushedCount: 2 }), images)).toEqual(['c', 'old'])
})

test('counts are per entry and per repository', () => {
  const document = keepTags(
    { patterns: ['^a'], mostRecentlyPushedCount: 1 },
    { patterns: ['^b'], mostRecentlyPushedCount: 1 },
  )
  const images = [
    ...[pushed('1', 'a1', 1), pushed('2', 'a2', 2), pushed('3', 'b1', 3), pushed('4', 'b2', 4)],
    pushed('5', 'a3', 5, { repository: 'z' }),
  ]
  expect(expired(document, images)).toEqual(['a2', 'b2'])
})

test('mostRecentlyPulledCount counts what was never pulled as well, the last push first', () => {
  const images = [
    pushed('1', 'never-old', 3 * DAY),
    pushed('2', 'never', 2 * DAY),
    pushed('3', 'pulled', 9 * DAY, { pulledAt: NOW - 8 * DAY }),
  ]
  expect(expired(keepTags({ mostRecentlyPulledCount: 2 }), images)).toEqual(['never-old'])
})

test('the time of a tag is that of its manifest', () => {
  const moved = { ...image('1', [], { pushedAt: NOW - 9 * DAY }), tags: [{ name: 'moved', taggedAt: NOW }] }
  expect(expired(keepTags({ pushedWithin: '24h' }), [moved])).toEqual(['moved'])
})

test('patterns are searched in the tag, not anchored', () => {
  expect(expired(keepTags({ patterns: ['v1'] }), [image('1', ['v10', 'dev1', 'v2'])])).toEqual(['v2'])
})

test.each([
  ['keepTags is absent', ALL],
  ['keepTags is null', { ...ALL, keepTags: null }],
  ['keepTags is empty', { ...ALL, keepTags: [] }],
  ['an entry has neither patterns nor criteria', { ...ALL, keepTags: [{}] }],
  ['counts are 0', { ...ALL, keepTags: [{ patterns: [], mostRecentlyPushedCount: 0 }] }],
  ['no policy matches the repository', { repositories: ['other'], keepTags: [{ patterns: ['x'] }] }],
])('all tags stay if %s', (_, policy) => {
  expect(expired(retention(policy), [pushed('1', 'v1', 900 * DAY)])).toEqual([])
})

test.each([
  ['it is empty', {}],
  ['policies is null', { delay: '24h', dryRun: null, policies: null }],
])('if a policy says nothing, as when %s, tags stay and untagged manifests go', (_, document) => {
  expect(expired(document, [image('1', ['v1']), image('2', [], { pushedAt: NOW - 2 * DAY })])).toEqual(['@2'])
})

test('a policy without repositories applies to none, though zot documents it as the default', () => {
  const document = retention({ keepTags: [{ patterns: ['^v'] }] })
  const { expired, warnings } = report(document, [image('1', ['main'])])
  expect(expired).toEqual([])
  expect(warnings).toEqual([
    'policies[0]: it has no repositories, so it applies to none; as a default it needs repositories: ["**"]',
  ])
})

test('untagged manifests go, also in a repository that no policy matches, whose tags stay', () => {
  const images = [image('1', [], { pushedAt: NOW - 2 * DAY }), pushed('2', 'v1', 900 * DAY)]
  expect(expired(retention(ALL), images)).toEqual(['@1'])
  const { expired: gone, warnings } = report(retention(), images)
  expect(gone).toEqual([`app@${digest('1')}`])
  expect(warnings).toEqual([
    'policies: zot deletes untagged manifests also in repositories that no policy matches',
  ])
})

test('untagged manifests stay with deleteUntagged: false', () => {
  const untagged = image('1', [], { pushedAt: NOW - 2 * DAY })
  expect(expired(retention({ ...ALL, deleteUntagged: false }), [untagged])).toEqual([])
})

test('delay is for untagged manifests only, and what is exactly as old goes', () => {
  const images = [
    image('1', [], { pushedAt: NOW - DAY }),
    image('2', [], { pushedAt: NOW - DAY + 1 }),
    image('3', [], { pushedAt: null }),
    pushed('4', 'new', 1),
  ]
  expect(expired(keepTags({ patterns: ['x'] }), images)).toEqual(['new', '@1'])
  expect(expired({ delay: '0s' }, images)).toEqual(['@1', '@2'])
})

test("without delay, zot's default for gcDelay counts, with a warning", () => {
  const images = [image('1', [], { pushedAt: NOW - HOUR }), image('2', [], { pushedAt: NOW - HOUR + 1 })]
  const { expired: gone, warnings } = report({ policies: [ALL] }, images)
  expect(gone).toEqual([`app@${digest('1')}`])
  expect(warnings).toEqual([expect.stringMatching(/^delay: it is absent; /)])
})

test.each([
  ['pushedWithin', { pushedWithin: '72h' }, ['@3']],
  ['pulledWithin', { pulledWithin: '48h' }, ['@1', '@2']],
  ['a count', { mostRecentlyPushedCount: 1 }, ['@2', '@3']],
  ['no criterion', {}, ['@1', '@2', '@3']],
])('keepUntagged keeps by %s', (_, keepUntagged, gone) => {
  const images = [
    image('1', [], { pushedAt: NOW - 2 * DAY }),
    image('2', [], { pushedAt: NOW - 2 * DAY }),
    image('3', [], { pushedAt: NOW - 3 * DAY, pulledAt: NOW - DAY }),
    image('4', [], { pushedAt: null }),
  ]
  expect(expired(retention({ ...ALL, keepUntagged }), images)).toEqual(gone)
})

test('keepUntagged counts children of an index, though these stay anyway', () => {
  const old = { pushedAt: NOW - 2 * DAY }
  const index = image('1', ['v1'], { ...old, children: [digest('2')] })
  const images = [index, image('2', [], old), image('3', [], { pushedAt: NOW - 3 * DAY })]
  const document = retention({ ...ALL, keepUntagged: { mostRecentlyPushedCount: 1 } })
  expect(expired(document, images)).toEqual(['@3'])
  expect(report(document, []).warnings).toEqual([expect.stringContaining('children of indexes')])
})

test('children stay while an index lists them, and go with it, but not before the delay', () => {
  const old = { pushedAt: NOW - 2 * DAY }
  const inner = image('2', [], { ...old, children: [digest('3'), digest('4')] })
  const leaves = [image('3', [], old), image('4', [], { pushedAt: NOW - HOUR })]
  const outer = (tag: string, pushedAt = old.pushedAt) =>
    image('1', [tag], { pushedAt, children: [digest('2')] })
  const document = keepTags({ patterns: ['^v'] })
  expect(expired(document, [...leaves, inner, outer('v1')])).toEqual([])
  expect(expired(document, [...leaves, inner, outer('main')])).toEqual(['main', '@2', '@3'])
  // The index loses its tag, but is too young to go, so it still holds its children.
  expect(expired(document, [...leaves, inner, outer('main', NOW - HOUR)])).toEqual(['main'])
  // With keepUntagged, an index that loses its tag has no statistics, and stays.
  const keeping = retention({
    ...ALL,
    keepTags: [{ patterns: ['^v'] }],
    keepUntagged: { pulledWithin: '1h' },
  })
  expect(expired(keeping, [...leaves, inner, outer('main')])).toEqual(['main'])
})

test('a referrer stays, and with deleteReferrers goes when its subject is gone, and so on', () => {
  const old = { pushedAt: NOW - 2 * DAY }
  const images = [
    image('1', [], old),
    image('2', [], { ...old, subject: digest('1') }),
    image('3', ['doc'], { ...old, subject: digest('2') }),
    image('4', [], { subject: digest('1'), pushedAt: NOW - HOUR }),
    image('5', ['v1'], old),
    image('6', [], { ...old, subject: digest('5') }),
  ]
  expect(expired(retention(ALL), images)).toEqual(['@1'])
  expect(expired(retention({ ...ALL, deleteReferrers: true }), images)).toEqual(['doc', '@1', '@2'])
  const keeping = retention({ ...ALL, deleteReferrers: true, deleteUntagged: false })
  expect(expired(keeping, images)).toEqual([])
})

test("with deleteReferrers, cosign's tags go when the digest in their name is gone", () => {
  const tag = (digit: string, kind: string) => `sha256-${digit.repeat(64)}.${kind}`
  const images = [
    image('1', ['v1']),
    image('2', [tag('1', 'sig')]),
    image('3', [tag('f', 'sig'), tag('f', 'sbom')]),
  ]
  expect(expired(retention(ALL), images)).toEqual([])
  expect(expired(retention({ ...ALL, deleteReferrers: true }), images)).toEqual([
    tag('f', 'sbom'),
    tag('f', 'sig'),
  ])
})

test('with deleteUntagged: false, tags go and manifests stay, with a warning', () => {
  const { warnings } = report(retention({ ...ALL, deleteUntagged: false, keepTags: [{ patterns: ['x'] }] }), [
    image('1', ['v1']),
  ])
  expect(warnings).toEqual([
    'policies[0]: deleteUntagged is false, so zot takes tags and keeps their manifests',
  ])
})

test('dryRun changes no decision, with a warning', () => {
  const document = { dryRun: true, ...keepTags({ patterns: ['x'] }) }
  expect(expired(document, [image('1', ['v1'])])).toEqual(['v1'])
  expect(report(document, []).warnings).toEqual([expect.stringMatching(/^dryRun: /)])
})

test('fields may be in any case, and durations in nanoseconds, as zot prints its configuration', () => {
  const printed = {
    ...{ DryRun: false, Delay: 24 * 3600e9 },
    Policies: [
      {
        ...{ Repositories: ['**'], DeleteReferrers: false, DeleteUntagged: true, KeepUntagged: null },
        KeepTags: [
          {
            ...{ Patterns: null, PulledWithin: null, PushedWithin: 48 * 3600e9 },
            ...{ MostRecentlyPushedCount: 0, MostRecentlyPulledCount: 0 },
          },
        ],
      },
    ],
  }
  const images = [pushed('1', 'new', DAY), pushed('2', 'old', 3 * DAY)]
  expect(report(printed, images)).toMatchObject({
    expired: ['app:old'],
    warnings: [
      'delay: a number is in nanoseconds, so this is 86400 s',
      'policies[0].keepTags[0].pushedWithin: a number is in nanoseconds, so this is 172800 s',
    ],
  })
})

test.each([
  [[], 'policy: expected an object'],
  [{ retention: {} }, 'retention: no such field exists; known are dryRun, delay, policies'],
  [{ delay: '7d' }, 'delay: expected a duration as Go writes it'],
  [{ delay: '-1h' }, 'delay: expected a duration that is not negative'],
  [{ delay: 1.5 }, 'delay: expected a duration'],
  [{ dryRun: 'yes' }, 'dryRun: expected true or false'],
  [{ delay: '1h', Delay: '1h' }, 'Delay: delay is there twice'],
  [{ policies: {} }, 'policies: expected a list'],
  [retention({ repoNames: ['a'] }), 'policies[0].repoNames: no such field exists'],
  [retention(ALL, { repositories: ['a['] }), 'policies[1].repositories[0]: expected a glob'],
  [retention({ repositories: 'a' }), 'policies[0].repositories: expected a list'],
  [retention({ deleteUntagged: 1 }), 'policies[0].deleteUntagged: expected true or false'],
  [keepTags({ patterns: ['v(1'] }), 'policies[0].keepTags[0].patterns[0]: not a pattern for RE2'],
  [keepTags({}, { pattern: 'v1' }), 'policies[0].keepTags[1].pattern: no such field exists'],
  [keepTags({ pulledWithin: '1 day' }), 'policies[0].keepTags[0].pulledWithin: expected a duration'],
  [
    keepTags({ mostRecentlyPushedCount: -1 }),
    'policies[0].keepTags[0].mostRecentlyPushedCount: expected a number of at least 0',
  ],
  [
    keepTags({ mostRecentlyPulledCount: '3' }),
    'policies[0].keepTags[0].mostRecentlyPulledCount: expected an integer',
  ],
  [retention({ keepUntagged: { patterns: [] } }), 'policies[0].keepUntagged.patterns: no such field exists'],
])('%j is refused with the field', (document, message) => {
  expect(() => zot.read(document)).toThrow(message)
})
