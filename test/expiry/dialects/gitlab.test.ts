import fc from 'fast-check'
import { RE2JS } from 're2js'
import { expect, test } from 'vitest'
import type { PolicyImage, PolicyTag } from '../../../src/expiry/dialects/dialect.ts'
import { gitlab } from '../../../src/expiry/dialects/gitlab.ts'
import { alternativesOf } from '../../../src/expiry/dialects/gitlab-alternatives.ts'
import { reportOf } from '../../../src/expiry/dialects/report.ts'

/**
 * "Docs" is doc/user/packages/container_registry/reduce_container_registry_storage.md of gitlabhq/gitlabhq. "Spec" is
 * spec/services/projects/container_repository/gitlab/cleanup_tags_service_spec.rb with its shared examples.
 */
const HOUR = 3_600_000_000
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 10, 26) * 1000

let digests = 0
const image = (tags: PolicyTag[], rest: Partial<PolicyImage> = {}): PolicyImage => ({
  ...{ repository: 'app', digest: `sha256:${(++digests).toString(16).padStart(64, '0')}`, tags },
  ...{ pushedAt: null, pulledAt: null, createdAt: null, mediaType: '', labels: {}, children: [] },
  ...{ subject: null, immutable: false, ...rest },
})
/** An image with one tag, which was set so many µs ago; `null` if nobody knows. */
const tagged = (name: string, age: number | null, rest?: Partial<PolicyImage>) =>
  image([{ name, taggedAt: age === null ? null : NOW - age }], rest)

/** As GitLab's project API answers. */
const POLICY = {
  ...{ cadence: '1month', enabled: true, keep_n: null, older_than: null },
  ...{ name_regex: '.*', name_regex_keep: null, next_run_at: '2026-12-08T21:16:25.354Z' },
}
const decide = (policy: object, images: PolicyImage[]) =>
  gitlab.read({ ...POLICY, ...policy })({ images, now: NOW, project: '' })
const expired = (policy: object, images: PolicyImage[]) =>
  reportOf(gitlab, decide(policy, images)).expired.map((name) => name.replace('app:', ''))
const names = (tags: string[]) => tags.map((tag) => tagged(tag, DAY))

test('Docs, "Example cleanup policy workflow": the tags that GitLab deletes', () => {
  const images = [
    ...[tagged('latest', 2 * HOUR), tagged('v44', DAY), tagged('v43', 12 * DAY), tagged('v42', 20 * DAY)],
    ...[tagged('production-v44', 3 * DAY), tagged('production-v43', 6 * DAY)],
    ...[tagged('production-v42', 11 * DAY), tagged('dev-v44', 2 * DAY)],
    ...[tagged('dev-v43', 5 * DAY), tagged('dev-v42', 10 * DAY)],
  ]
  const policy = { keep_n: 1, older_than: '7d', name_regex_keep: 'production-.*' }
  expect(expired(policy, images)).toEqual(['dev-v42', 'v42', 'v43'])
  expect(reportOf(gitlab, decide(policy, images))).toMatchObject({
    unit: 'tag',
    warnings: [],
    reasons: {
      'app:latest': 'GitLab never deletes "latest"',
      'app:production-v42': 'name_regex_keep "production-.*" matches it',
      'app:v44': 'it is among the 1 newest that no name keeps',
      'app:dev-v43': 'it is not older than 7 days',
      'app:v42':
        'name_regex matches it, it is not among the 1 newest that no name keeps and it is older than 7 days',
    },
  })
})

/** The tags of the spec. */
const specTags = () => [
  ...[tagged('latest', HOUR), tagged('A', HOUR), tagged('Ba', 5 * DAY), tagged('Bb', 6 * DAY)],
  ...[tagged('C', 30 * DAY), tagged('D', null), tagged('E', null)],
]
test.each([
  ['when regex matching everything is specified', {}, ['A', 'Ba', 'Bb', 'C', 'D', 'E']],
  ['when delete regex matching specific tags is used', { name_regex: 'C|D' }, ['C', 'D']],
  ['… with overriding allow regex', { name_regex: 'C|D', name_regex_keep: 'C' }, ['D']],
  ['with name_regex_delete overriding name_regex', { name_regex: 'C|D', name_regex_delete: 'D' }, ['D']],
  ['with allow regex value', { name_regex_keep: 'B.*' }, ['A', 'C', 'D', 'E']],
  ['when keeping only N tags', { name_regex: 'A|B.*|C', keep_n: 1 }, ['Ba', 'Bb', 'C']],
  ['when not keeping N tags', { name_regex: 'A|B.*|C' }, ['A', 'Ba', 'Bb', 'C']],
  ['when removing older than (7 days, not 1)', { older_than: '7d' }, ['C']],
  ['when combining all parameters', { keep_n: 5, older_than: '7d' }, ['C']],
])('Spec: %s', (_, policy, deleted) => {
  expect(expired(policy, specTags())).toEqual(deleted)
})

test.each([
  ['main', ['main'], ['main-2', 'domain']],
  ['v.+', ['v1', 'v1.0-rc'], ['v', 'dev1']],
  ['release.*', ['release', 'release-2'], ['my-release']],
  ['(?:v.+|main|release.*)', ['v1', 'main', 'release-1'], ['main-1', 'dev-main', 'x-v1']],
])('Docs, "Regex pattern examples": %s', (name_regex, matched, others) => {
  expect(expired({ name_regex }, names([...matched, ...others]))).toEqual(matched.toSorted())
  expect(expired({ name_regex_keep: name_regex }, names([...matched, ...others]))).toEqual(others.toSorted())
  expect(decide({ name_regex, name_regex_keep: name_regex }, []).warnings).toEqual([])
})

test('the filters run in order: what is "latest" or kept by name takes no place among the newest', () => {
  const images = [tagged('latest', 0), tagged('keep-1', HOUR), tagged('x', 2 * HOUR), tagged('new', 3 * HOUR)]
  const policy = { name_regex: 'new|old|latest|keep-1', name_regex_keep: 'keep-.*', keep_n: 1 }
  expect(expired(policy, [...images, tagged('old', 4 * HOUR)])).toEqual(['old'])
})

test('what is too young for older_than takes a place among the newest', () => {
  const images = [tagged('young', DAY), tagged('a', 40 * DAY), tagged('b', 41 * DAY)]
  expect(expired({ keep_n: 1, older_than: '30d' }, images)).toEqual(['a', 'b'])
})

// https://gitlab.com/gitlab-org/gitlab/-/commit/c7be549c: "Add option of 60 days to container image expiration policy"
test('GitLab also takes 60 days', () => {
  const images = [tagged('under', 59 * DAY), tagged('over', 61 * DAY)]
  expect(expired({ older_than: '60d' }, images)).toEqual(['over'])
})

test('older_than is strict', () => {
  const images = [tagged('at', 7 * DAY), tagged('over', 7 * DAY + 1), tagged('under', 7 * DAY - 1)]
  expect(expired({ older_than: '7d' }, images)).toEqual(['over'])
})

test('a tag of unknown date is the newest, and never older', () => {
  const images = [tagged('unknown', null), tagged('a', HOUR), tagged('b', 90 * DAY)]
  expect(expired({ keep_n: 1 }, images)).toEqual(['a', 'b'])
  expect(expired({ older_than: '7d' }, images)).toEqual(['b'])
  expect(decide({ older_than: '7d' }, images).verdicts[0]?.reason).toBe('it is not known when it was set')
})

test('the date is that of the tag, not of its image, its build or its last pull', () => {
  const old = { pushedAt: NOW - 90 * DAY, createdAt: NOW - 90 * DAY, pulledAt: NOW - 90 * DAY }
  expect(expired({ older_than: '7d' }, [tagged('moved', DAY, old)])).toEqual([])
  const young = { pushedAt: NOW, createdAt: NOW, pulledAt: NOW }
  expect(expired({ older_than: '7d' }, [tagged('stale', 8 * DAY, young)])).toEqual(['stale'])
})

test('of tags of one time, the later name is newer, as in a list by name that is sorted by time and reversed', () => {
  expect(expired({ keep_n: 1 }, names(['b', 'c', 'a']))).toEqual(['a', 'b'])
})

test('tags that share a digest are decided each by itself', () => {
  const shared = image([
    { name: 'pr-1', taggedAt: NOW - 90 * DAY },
    { name: 'v1', taggedAt: NOW },
    { name: 'latest', taggedAt: null },
  ])
  expect(expired({ older_than: '30d' }, [shared])).toEqual(['pr-1'])
})

test('untagged images are outside the policy', () => {
  const { verdicts } = decide({}, [image([])])
  expect(verdicts).toMatchObject([{ isKept: true, reason: expect.stringContaining('about tags') }])
  expect(verdicts[0]?.tag).toBeUndefined()
})

test('immutable tags are left out last, after they took a place among the newest (Docs, "How the cleanup policy works")', () => {
  const images = [tagged('v2', DAY, { immutable: true }), tagged('v1', 2 * DAY)]
  expect(expired({ keep_n: 1 }, images)).toEqual(['v1'])
  expect(expired({}, images)).toEqual(['v1'])
})

test('each repository keeps its own newest', () => {
  const images = ['x', 'y'].flatMap((repository) => [
    tagged('new', DAY, { repository }),
    tagged('old', 2 * DAY, { repository }),
  ])
  expect(expired({ keep_n: 1 }, images)).toEqual(['x:old', 'y:old'])
})

test.each([[''], [null]])('an empty name_regex deletes nothing, with a warning: %j', (name_regex) => {
  expect(expired({ name_regex }, names(['a', 'latest']))).toEqual([])
  expect(decide({ name_regex }, []).warnings).toEqual([expect.stringContaining('name_regex is empty')])
})

test('an empty name_regex_delete counts as one; null does not (name_regex_delete || name_regex, in Ruby)', () => {
  expect(expired({ name_regex_delete: '' }, names(['a']))).toEqual([])
  expect(expired({ name_regex_delete: null }, names(['a']))).toEqual(['a'])
  expect(expired({ name_regex: '', name_regex_delete: 'a' }, names(['a', 'b']))).toEqual(['a'])
})

test('an empty name_regex_keep keeps nothing', () => {
  expect(expired({ name_regex_keep: '' }, names(['a']))).toEqual(['a'])
})

test('alternatives without a group stand one between \\A and the rest, one between the rest and \\z', () => {
  const tags = names(['dev', 'dev-1', 'my-dev', 'test', 'my-test', 'test-1', 'a-mid-z'])
  expect(expired({ name_regex: 'dev|test' }, tags)).toEqual(['dev', 'dev-1', 'my-test', 'test'])
  expect(expired({ name_regex: 'dev|mid|test' }, tags)).toContain('a-mid-z')
  expect(expired({ name_regex_keep: 'dev|test' }, tags)).toEqual(['a-mid-z', 'my-dev', 'test-1'])
  expect(decide({ name_regex: 'dev|mid|test', name_regex_keep: 'a|' }, []).warnings).toEqual([
    'name_regex "dev|mid|test" matches a tag that begins with "dev", or contains "mid", or ends with "test"; to match whole tags, write "(?:dev|mid|test)"',
    'name_regex_keep "a|" matches a tag that begins with "a", or ends with ""; to match whole tags, write "(?:a|)"',
  ])
})

test('a disabled policy is decided all the same, with a warning', () => {
  expect(expired({ enabled: false }, names(['a']))).toEqual(['a'])
  expect(decide({ enabled: false }, []).warnings).toEqual([expect.stringContaining('"enabled" is false')])
})

test('a warning tells that GitLab keeps the newest of each 1,000 tags', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => tagged(`t${i}`, i))
  expect(decide({ keep_n: 1 }, many(1000)).warnings).toEqual([])
  expect(decide({}, many(1001)).warnings).toEqual([])
  expect(decide({ keep_n: 1 }, many(1001)).warnings).toEqual([expect.stringContaining('more than 1000 tags')])
  expect(expired({ keep_n: 1 }, many(1001))).toHaveLength(1000)
})

test.each([
  ['cadence', '2d'],
  ['cadence', null],
  ['enabled', null],
  ['enabled', 'true'],
  ['keep_n', 2],
  ['keep_n', 0],
  ['keep_n', '10'],
  ['older_than', '45d'],
  ['older_than', ''],
  ['name_regex', '*test*'],
  ['name_regex_delete', '[a'],
  ['name_regex_keep', '(?=a)'],
  ['name_regex_keep', 7],
  ['name', 'x'],
  ['__proto__', 'x'],
  ['toString', 'x'],
])('GitLab refuses %s %j', (field, value) => {
  const document = JSON.parse(`{${JSON.stringify(field)}:${JSON.stringify(value)}}`)
  expect(() => gitlab.read(document)).toThrow(new RegExp(`^${field}: `))
})

test.each([[null], ['x'], [[]], [7]])('a document that is not an object is refused: %j', (document) => {
  expect(() => gitlab.read(document)).toThrow('policy: expected an object')
})

test('what the project API answers for a new project is accepted', () => {
  const policy = { cadence: '1d', enabled: false, keep_n: 10, older_than: '90d', name_regex: '.*' }
  expect(() => gitlab.read({ ...policy, name_regex_keep: null, next_run_at: null })).not.toThrow()
})

test.each([
  ['a', ['a']],
  ['a|b|', ['a', 'b', '']],
  ['(a|b)|c', ['(a|b)', 'c']],
  ['a\\|b', ['a\\|b']],
  ['\\Qa|(\\E|b', ['\\Qa|(\\E', 'b']],
  ['\\Qa|b', ['\\Qa|b']],
  ['[]|]|[^]|[:alpha:]|]|b', ['[]|]', '[^]|[:alpha:]|]', 'b']],
  ['[a\\]|]', ['[a\\]|]']],
])('the alternatives of %s', (expression, alternatives) => {
  expect(alternativesOf(expression)).toEqual(alternatives)
})

const anyExpression = fc
  .array(fc.constantFrom('a', 'b', '|', '(', '(?:', ')', '[', ']', '^', '\\', '\\Q', '\\E', '.', '*', '-'), {
    maxLength: 8,
  })
  .map((parts) => parts.join(''))
  .filter((expression) => {
    try {
      RE2JS.compile(expression)
      return true
    } catch {
      return false
    }
  })

test('an expression without alternatives means the same with a group and without', () => {
  fc.assert(
    fc.property(anyExpression, fc.array(fc.stringMatching(/^[ab|().-]{0,4}$/)), (expression, tags) => {
      fc.pre(alternativesOf(expression).length === 1 && !expression.includes('\\Q'))
      const [bare, grouped] = [expression, `(?:${expression})`].map((x) => RE2JS.compile(`\\A${x}\\z`))
      for (const tag of tags) expect(bare?.test(tag)).toBe(grouped?.test(tag))
    }),
    { numRuns: 500 },
  )
})

const anyImage = fc
  .record({
    repository: fc.constantFrom('app', 'other'),
    tags: fc.uniqueArray(fc.constantFrom('latest', 'a', 'b', 'v1', 'v2', 'v3', 'dev-1'), { maxLength: 3 }),
    age: fc.option(fc.constantFrom(-1, 0, 6, 7, 8, 40)),
    immutable: fc.boolean(),
  })
  .map(({ tags, age, ...rest }) =>
    image(
      tags.map((name) => ({ name, taggedAt: age === null ? null : NOW - age * DAY })),
      rest,
    ),
  )
/** No two images of a repository have the same tag. */
const anyImages = fc.array(anyImage, { maxLength: 12 }).map((images) => {
  const seen = new Set<string>()
  return images.map((one) => ({
    ...one,
    tags: one.tags.filter(({ name }) => {
      const isNew = !seen.has(`${one.repository}:${name}`)
      seen.add(`${one.repository}:${name}`)
      return isNew
    }),
  }))
})
const anyPolicy = fc.record({
  keep_n: fc.constantFrom(null, 1, 5),
  older_than: fc.constantFrom(null, '7d', '30d'),
  name_regex: fc.constantFrom('.*', 'v.*', 'v1|dev', ''),
  name_regex_keep: fc.constantFrom(null, 'v1', 'b|1'),
})

test('the order of the images changes no verdict, and each tag or untagged image gets exactly one', () => {
  fc.assert(
    fc.property(anyPolicy, anyImages, fc.infiniteStream(fc.nat()), (policy, images, random) => {
      const report = reportOf(gitlab, decide(policy, images))
      const shuffled = images
        .map((one) => ({ one, at: random.next().value }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => ({ ...one, tags: one.tags.toReversed() }))
      expect(reportOf(gitlab, decide(policy, shuffled))).toEqual(report)
      const expected = images.flatMap(({ repository, digest, tags }) =>
        tags.length === 0 ? `${repository}@${digest}` : tags.map(({ name }) => `${repository}:${name}`),
      )
      expect([...report.kept, ...report.expired].sort()).toEqual(expected.sort())
    }),
  )
})
