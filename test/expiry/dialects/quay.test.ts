import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PolicyImage } from '../../../src/expiry/dialects/dialect.ts'
import { quay } from '../../../src/expiry/dialects/quay.ts'
import * as scenes from './tag-scenes.ts'
import { anyImages, DAY, decide, digest, HOUR, image, NOW } from './tag-scenes.ts'

const list = (...policies: object[]) => ({ policies })
const byDate = (value: string, more: object = {}) => ({ method: 'creation_date', value, ...more })
const byNumber = (value: number, more: object = {}) => ({ method: 'number_of_tags', value, ...more })
const matching = (tagPattern: string, tagPatternMatches = true) => ({ tagPattern, tagPatternMatches })
const expired = (document: unknown, images: readonly PolicyImage[]) => scenes.expired(quay, document, images)
const report = (document: unknown, images: readonly PolicyImage[]) => scenes.report(quay, document, images)

/** One image with a tag for each name; the first was set now, each other a day before the one before it. */
const daily = (...names: string[]) => [
  { ...image('1', []), tags: names.map((name, days) => ({ name, taggedAt: NOW - days * DAY })) },
]
const aged = (ago: number) => [{ ...image('1', []), tags: [{ name: 'v1', taggedAt: NOW - ago }] }]

// https://docs.redhat.com/en/documentation/red_hat_quay/3/html/manage_red_hat_quay/red-hat-quay-namespace-auto-pruning-overview
test('number_of_tags: "the oldest tags are deleted by their creation date until the desired number is achieved"', () => {
  expect(expired(list(byNumber(2)), daily('test', 'test2', 'test3', 'test4'))).toEqual(['test3', 'test4'])
  expect(expired(list(byNumber(4)), daily('test', 'test2', 'test3', 'test4'))).toEqual([])
})

test('creation_date: "any tags with a creation date older than the given time span are deleted"', () => {
  expect(expired(list(byDate('2d')), daily('a', 'b', 'c', 'd'))).toEqual(['d'])
})

test.each([
  ['30s', 30e6],
  ['30m', 30 * 60e6],
  ['24h', DAY],
  ['7d', 7 * DAY],
  ['2w', 14 * DAY],
  ['+1_0d', 10 * DAY],
])('%s: a tag of exactly that age stays', (value, age) => {
  expect(expired(list(byDate(value)), aged(age))).toEqual([])
  expect(expired(list(byDate(value)), aged(age + 1))).toEqual(['v1'])
})

test('m is minutes, with a warning', () => {
  expect(report(list(byDate('3m')), aged(HOUR))).toMatchObject({
    expired: ['app:v1'],
    warnings: ['policies[0].value: m is minutes, so 3m is 3 minutes'],
  })
})

test.each(['0d', '-7d'])('%s prunes every tag that is not of now, with a warning', (value) => {
  expect(report(list(byDate(value)), aged(1))).toMatchObject({
    expired: ['app:v1'],
    warnings: [`policies[0].value: ${value} is no time ago, so every tag is older`],
  })
})

// The example in execute_policies_for_repo (data/model/autoprune.py): two of five tags are old, and four may stay.
test.each([
  ['age first', list(byDate('2d'), byNumber(4))],
  ['count first', list(byNumber(4), byDate('2d'))],
])('policies by age act before those by number, whatever the list says: %s', (_, document) => {
  expect(expired(document, daily('a', 'b', 'c', 'd', 'e'))).toEqual(['d', 'e'])
})

test('policies by number act in the order of the list, on what is left', () => {
  const tags = daily('v5', 'x4', 'v3', 'x2', 'v1')
  const ofV = byNumber(1, matching('^v'))
  expect(expired(list(ofV, byNumber(3)), tags)).toEqual(['v1', 'v3'])
  expect(expired(list(byNumber(3), ofV), tags)).toEqual(['v1', 'v3', 'x2'])
})

test('patterns apply before counting', () => {
  expect(expired(list(byNumber(1, matching('^v'))), daily('x4', 'v3', 'x2', 'v1'))).toEqual(['v1'])
  expect(expired(list(byNumber(1, matching('^v', false))), daily('x4', 'v3', 'x2', 'v1'))).toEqual(['x2'])
})

test('patterns are searched, not anchored, and the case matters', () => {
  const tags = daily('now', 'rc', 'v1-rc2', 'RC')
  expect(report(list(byDate('1h', matching('rc'))), tags)).toMatchObject({
    expired: ['app:rc', 'app:v1-rc2'],
    warnings: [
      'policies[0].tagPattern: "rc" is searched anywhere in the tag; ^ and $ make it match the whole tag',
    ],
  })
})

test('the documented pattern ^v* is found in every tag, with a warning', () => {
  expect(report(list(byDate('1h', matching('^v*'))), daily('now', 'main'))).toMatchObject({
    expired: ['app:main'],
    warnings: ['policies[0].tagPattern: "^v*" is found in every tag'],
  })
})

test("cosign's names are spared and take no place", () => {
  const cosign = ['sig', 'att', 'sbom'].map((kind) => `sha256-${'f'.repeat(64)}.${kind}`)
  const lookalikes = ['sha256-f.sig', `sha256-${'F'.repeat(64)}.sig`, `sha256-${'f'.repeat(64)}.SIG`]
  const images = daily(...cosign, 'v1', ...lookalikes)
  expect(expired(list(byNumber(1)), images)).toEqual(lookalikes.toSorted())
  expect(expired(list(byDate('1h')), images)).toEqual([...lookalikes, 'v1'].toSorted())
})

test("Quay deletes cosign's tags with the last tag of their image: a warning says so", () => {
  const signature = image('2', [`sha256-${'1'.repeat(64)}.sig`])
  const document = list(byDate('1h', matching('^v')))
  expect(report(document, [image('1', ['v1']), signature])).toMatchObject({
    expired: ['app:v1'],
    warnings: [expect.stringContaining("cosign's tags")],
  })
  expect(report(document, [image('1', ['v1', 'main']), signature]).warnings).toEqual([])
  expect(report(document, [image('1', ['main']), signature]).warnings).toEqual([])
})

test('immutable tags and tags of unknown time are spared and take no place', () => {
  const images = [
    image('1', ['fixed'], { immutable: true }),
    { ...image('2', []), tags: [{ name: 'unknown', taggedAt: null }] },
    image('3', ['new'], { pushedAt: NOW - 2 * DAY }),
    image('4', ['old'], { pushedAt: NOW - 3 * DAY }),
  ]
  expect(expired(list(byNumber(1)), images)).toEqual(['old'])
  expect(expired(list(byDate('1h')), images)).toEqual(['new', 'old'])
})

test('the time of a tag is when it was set, not when its image was pushed or built', () => {
  const old = { ...image('1', [], { pushedAt: NOW - 90 * DAY, createdAt: NOW - 99 * DAY }), pulledAt: NOW }
  const tags = [
    { name: 'moved', taggedAt: NOW - HOUR },
    { name: 'left', taggedAt: NOW - 2 * DAY },
  ]
  expect(expired(list(byDate('1d')), [{ ...old, tags }])).toEqual(['left'])
})

test('untagged manifests stay, each repository is counted alone, and of two tags of one time the first name stays', () => {
  const images = [
    image('1', ['b', 'a']),
    image('2', []),
    image('3', ['a'], { repository: 'z', pushedAt: NOW - 9 * DAY }),
  ]
  expect(report(list(byNumber(1)), images)).toMatchObject({
    kept: ['app:a', `app@${digest('2')}`, 'z:a'],
    expired: ['app:b'],
  })
})

test('an empty list prunes nothing', () => {
  expect(report(list(), daily('a', 'b'))).toMatchObject({ expired: [], warnings: [] })
})

test('a list as the API returns it', () => {
  const document = list(
    { uuid: '73d64f05', method: 'number_of_tags', value: 2, tagPattern: null, tagPatternMatches: true },
    { uuid: 'ebf7448b', method: 'creation_date', value: '7d', tagPattern: '^dev', tagPatternMatches: false },
  )
  expect(report(document, daily('a', 'b', 'c'))).toMatchObject({ expired: ['app:c'], warnings: [] })
})

test('tagPatternMatches: false without a pattern has no effect, with a warning', () => {
  const document = list(byNumber(1, { tagPattern: null, tagPatternMatches: false }))
  expect(report(document, daily('a', 'b'))).toMatchObject({
    expired: ['app:b'],
    warnings: [expect.stringMatching(/^policies\[0\]\.tagPatternMatches: it has no effect/)],
  })
})

test('tagPatternMatches: null inverts the pattern, as regex_search in data/text.py does, with a warning', () => {
  const document = list(byDate('1h', { tagPattern: '^v', tagPatternMatches: null }))
  expect(report(document, daily('now', 'v1', 'x1'))).toMatchObject({
    expired: ['app:x1'],
    warnings: [expect.stringMatching(/^policies\[0\]\.tagPatternMatches: it is null/)],
  })
})

test.each([
  [[], 'policy: expected an object'],
  [{}, 'policies: it is missing'],
  [{ policies: {} }, 'policies: expected a list'],
  [{ policies: [], prunes: [] }, 'prunes: no such field exists; known are policies'],
  [list({ value: 1 }), 'policies[0].method: it is missing'],
  [list({ method: 'age', value: 1 }), 'policies[0].method: expected number_of_tags or creation_date'],
  [list(byNumber(0)), 'policies[0].value: expected an integer'],
  [list(byNumber(1.5)), 'policies[0].value: expected an integer'],
  [list({ method: 'number_of_tags', value: '10' }), 'policies[0].value: expected an integer'],
  [list({ method: 'number_of_tags', value: true }), 'policies[0].value: expected an integer'],
  [list({ method: 'number_of_tags' }), 'policies[0].value: expected an integer'],
  [list({ method: 'creation_date', value: 7 }), 'policies[0].value: expected a string'],
  [list(byDate('')), 'policies[0].value: expected a number with one of the units'],
  [list(byDate('1y')), 'policies[0].value: expected a number with one of the units'],
  [list(byDate('1.5d')), 'policies[0].value: expected a number with one of the units'],
  [list(byDate('9999999999d')), 'policies[0].value: expected a number with one of the units'],
  [list(byNumber(1), byDate('1d', { tagPattern: ' ' })), 'policies[1].tagPattern: expected a pattern'],
  [list(byNumber(1, { tagPattern: '(' })), 'policies[0].tagPattern: not a pattern for RE2'],
  [list(byNumber(1, { tagPattern: 5 })), 'policies[0].tagPattern: expected a string'],
  [list(byNumber(1, { tagPatternMatches: 'yes' })), 'policies[0].tagPatternMatches: expected true or false'],
  [list(byNumber(1, { tag_pattern: 'v' })), 'policies[0].tag_pattern: no such field exists'],
  [list(byNumber(1), byDate('1d'), { uuid: 'x', ...byNumber(1) }), 'policies[2]: it is there twice'],
])('%j is refused with the field', (document, message) => {
  expect(() => quay.read(document)).toThrow(message)
})

const pattern = fc.constantFrom({}, matching('^v'), matching('1'), matching('^v', false))
const anyPolicy = fc.oneof(
  fc
    .record({ count: fc.integer({ min: 1, max: 4 }), pattern })
    .map(({ count, pattern: more }) => byNumber(count, more)),
  fc
    .record({ days: fc.integer({ min: 1, max: 8 }), pattern })
    .map(({ days, pattern: more }) => byDate(`${days}d`, more)),
)

test('the order of the images changes nothing; each tag and each untagged manifest has one verdict', () => {
  const scene = anyImages.chain((images) =>
    fc.record({
      images: fc.constant(images),
      shuffled: fc.shuffledSubarray(images, { minLength: images.length }),
    }),
  )
  const policies = fc.uniqueArray(anyPolicy, { maxLength: 3, selector: (policy) => JSON.stringify(policy) })
  fc.assert(
    fc.property(policies, scene, (some, { images, shuffled }) => {
      const { verdicts } = decide(quay, list(...some), images)
      const items = images.flatMap((one) =>
        one.tags.length === 0 ? [{ image: one }] : one.tags.map(({ name }) => ({ image: one, tag: name })),
      )
      expect(verdicts.map(({ isKept, reason, ...item }) => item)).toEqual(items)
      expect(verdicts.filter(({ reason }) => reason === '')).toEqual([])
      expect(report(list(...some), shuffled)).toEqual(report(list(...some), images))
    }),
    { numRuns: 300 },
  )
})
