import fc from 'fast-check'
import type { DialectPolicy } from '../src/expiry/plan.ts'

const days = fc.constantFrom(1, 3, 7)
const count = fc.integer({ min: 1, max: 3 })
const ANY = fc.constantFrom('pr-*', 'v*', '*1', '*')
const EXPRESSION = fc.constantFrom('pr-.*', 'v.*', '.*', '.*1', 'v1|pr-1')

const ecrLimit = fc.oneof(
  count.map((countNumber) => ({ countType: 'imageCountMoreThan', countNumber })),
  days.map((countNumber) => ({ countType: 'sinceImagePushed', countUnit: 'days', countNumber })),
)
const ecrTagged = fc.tuple(ANY, ecrLimit).map(([pattern, limit]) => ({
  ...{ tagStatus: 'tagged', tagPatternList: [pattern] },
  ...limit,
}))
const ecrLast = fc
  .tuple(fc.constantFrom('untagged', 'any'), ecrLimit)
  .map(([tagStatus, limit]) => ({ tagStatus, ...limit }))
const anyEcr = fc.tuple(fc.array(ecrTagged, { maxLength: 2 }), ecrLast).map(([tagged, last]) => ({
  rules: [...tagged, last].map((selection, i) => ({
    ...{ rulePriority: i + 1, selection, action: { type: 'expire' } },
  })),
}))

const anyGitlab = fc.record({
  enabled: fc.constant(true),
  keep_n: fc.constantFrom(null, null, 1, 5),
  older_than: fc.constantFrom(null, '7d', '14d'),
  name_regex: EXPRESSION,
  name_regex_keep: fc.constantFrom('', '', 'v.*', 'pr-1'),
})

const anyHarborRule = fc
  .record({
    template: fc.constantFrom(
      ...['latestPushedK', 'latestPulledN', 'latestActiveK'],
      ...['nDaysSinceLastPush', 'nDaysSinceLastPull', 'lastXDays'],
    ),
    number: days,
    pattern: fc.constantFrom('pr-*', 'v*', '**'),
    untagged: fc.boolean(),
    repository: fc.constantFrom('**', '**', 'app'),
  })
  .map(({ template, number, pattern, untagged, repository }) => ({
    ...{ priority: 0, disabled: false, action: 'retain', template, params: { [template]: number } },
    tag_selectors: [
      { kind: 'doublestar', decoration: 'matches', pattern, extras: JSON.stringify({ untagged }) },
    ],
    scope_selectors: {
      repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: repository }],
    },
  }))
const anyHarbor = fc
  // Harbor refuses the same rule twice.
  .uniqueArray(anyHarborRule, { selector: (rule) => JSON.stringify(rule), minLength: 1, maxLength: 2 })
  .map((rules) => ({ algorithm: 'or', rules }))

const quayLimit = fc.oneof(
  count.map((value) => ({ method: 'number_of_tags', value })),
  days.map((value) => ({ method: 'creation_date', value: `${value}d` })),
)
const anyQuay = fc
  .tuple(quayLimit, EXPRESSION, fc.boolean())
  .map(([limit, tagPattern, tagPatternMatches]) => ({
    policies: [{ ...limit, tagPattern, tagPatternMatches }],
  }))

const zotCriteria = fc.oneof(
  count.map((mostRecentlyPushedCount) => ({ mostRecentlyPushedCount })),
  count.map((mostRecentlyPulledCount) => ({ mostRecentlyPulledCount })),
  days.map((number) => ({ pushedWithin: `${number * 24}h` })),
  days.map((number) => ({ pulledWithin: `${number * 24}h` })),
)
const anyZot = fc
  .record({
    repository: fc.constantFrom('**', 'team/app'),
    deleteUntagged: fc.boolean(),
    deleteReferrers: fc.boolean(),
    keepTags: fc.array(
      fc.tuple(EXPRESSION, zotCriteria).map(([pattern, criteria]) => ({ patterns: [pattern], ...criteria })),
      { minLength: 1, maxLength: 2 },
    ),
  })
  .map(({ repository, ...policy }) => ({
    delay: '24h',
    policies: [{ repositories: [repository], ...policy }],
  }))

const of = <D>(dialect: D, documents: fc.Arbitrary<object>) =>
  documents.map((document) => ({ dialect, document }))

/** A policy with a random document of a random dialect. */
export const anyDialectPolicy: fc.Arbitrary<DialectPolicy> = fc
  .tuple(
    fc.oneof(
      ...[of('ecr' as const, anyEcr), of('gitlab' as const, anyGitlab), of('harbor' as const, anyHarbor)],
      ...[of('quay' as const, anyQuay), of('zot' as const, anyZot)],
    ),
    fc.constantFrom('**', '**', '**', 'team/*', 'nothing'),
  )
  .map(([document, repository]) => ({ name: 'clean', registry: 'ci', repository, ...document }))
