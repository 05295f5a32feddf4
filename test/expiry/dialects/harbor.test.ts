import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PolicyImage } from '../../../src/expiry/dialects/dialect.ts'
import { harbor } from '../../../src/expiry/dialects/harbor.ts'
import { reportOf } from '../../../src/expiry/dialects/report.ts'

/** "Docs" is docs/working-with-projects/working-with-images/create-tag-retention-rules.md of goharbor/website. */
const SECOND = 1_000_000
const DAY = 86_400 * SECOND
const NOW = Date.UTC(2026, 10, 26) * 1000

/** A digest that reads like a name: `one` is `sha256:6f6e65`. */
const digestOf = (name: string) => `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`
const nameOf = (digest: string) =>
  Buffer.from(digest.slice('sha256:'.length).replace(/(00)+$/, ''), 'hex').toString()

/** Ages in µs; `null` for a time that is not known, or for no pull. */
interface Ages {
  pushed?: number | null
  pulled?: number | null
}
const at = (age: number | null) => (age === null ? null : NOW - age)
function image(name: string, tags: string[], ages: Ages = {}, rest: Partial<PolicyImage> = {}): PolicyImage {
  const { pushed = DAY, pulled = null } = ages
  return {
    ...{ repository: 'library/app', digest: digestOf(name), pushedAt: at(pushed), pulledAt: at(pulled) },
    tags: tags.map((tag) => ({ name: tag, taggedAt: at(pushed) })),
    ...{ createdAt: null, mediaType: '', labels: {}, children: [], subject: null, immutable: false, ...rest },
  }
}

const selector = (decoration: string, pattern: string, extras?: object | string) => ({
  ...{ kind: 'doublestar', decoration, pattern },
  ...(extras === undefined ? {} : { extras: typeof extras === 'string' ? extras : JSON.stringify(extras) }),
})
/** A rule as Harbor's API returns it. */
const rule = (template: string, number?: unknown, rest: object = {}) => ({
  ...{ id: 0, priority: 0, disabled: false, action: 'retain', template },
  params: number === undefined ? {} : { [template]: number },
  tag_selectors: [selector('matches', '**')],
  scope_selectors: { repository: [selector('repoMatches', '**')] },
  ...rest,
})
const policy = (...rules: unknown[]) => ({
  ...{ id: 3, algorithm: 'or', rules, scope: { level: 'project', ref: 1 } },
  trigger: { kind: 'Schedule', references: {}, settings: { cron: '0 0 0 * * *' } },
})
const decide = (rules: unknown[], images: PolicyImage[], project = 'library') =>
  harbor.read(policy(...rules))({ images, now: NOW, project })
/** The names of the images that go. */
const expired = (rules: unknown[], images: PolicyImage[], project?: string) =>
  decide(rules, images, project)
    .verdicts.filter(({ isKept }) => !isKept)
    .map((verdict) => nameOf(verdict.image.digest))
    .sort()
const tags = (decoration: string, pattern: string, extras?: object | string) => ({
  tag_selectors: [selector(decoration, pattern, extras)],
})
const repositories = (...selectors: unknown[]) => ({ scope_selectors: { repository: selectors } })

describe('Docs', () => {
  const tagged = (repository: string, count: number, pulled: number | null) =>
    Array.from({ length: count }, (_, i) => image(`${repository}${i}`, [`t${i}`], { pulled }, { repository }))
  const images = [
    ...tagged('library/a', 100, DAY),
    ...[1, 2].map((i) => image(`ua${i}`, [], { pulled: DAY }, { repository: 'library/a' })),
    ...['library/b', 'library/c'].flatMap((name) => [
      ...tagged(name, 6, 40 * DAY),
      image(`u${name}`, [], { pulled: 40 * DAY }, { repository: name }),
    ]),
  ]
  const kept = (...rules: unknown[]) =>
    Object.fromEntries(
      [...Map.groupBy(decide(rules, images).verdicts, ({ image }) => image.repository)].map(
        ([name, verdicts]) => [name, verdicts.filter(({ isKept }) => isKept).length],
      ),
    )
  const unchecked = tags('matches', '**', { untagged: false })
  const checked = tags('matches', '**', { untagged: true })

  test('Example 1: the 10 most recently pulled of each repository; untagged ones go', () => {
    expect(kept(rule('latestPulledN', 10, unchecked))).toEqual({
      ...{ 'library/a': 10, 'library/b': 6, 'library/c': 6 },
    })
  })
  test('Example 2: pulled in the last 7 days; untagged ones go', () => {
    expect(kept(rule('nDaysSinceLastPull', 7, unchecked))).toEqual({
      ...{ 'library/a': 100, 'library/b': 0, 'library/c': 0 },
    })
  })
  test('Example 3: with untagged artifacts', () => {
    expect(kept(rule('nDaysSinceLastPull', 7, checked))).toEqual({
      ...{ 'library/a': 102, 'library/b': 0, 'library/c': 0 },
    })
  })
  test('Example 4: rules are combined with OR', () => {
    expect(kept(rule('nDaysSinceLastPull', 7, unchecked), rule('latestPulledN', 10, unchecked))).toEqual({
      ...{ 'library/a': 100, 'library/b': 6, 'library/c': 6 },
    })
  })
  test('Example 5: rules for tags that begin with 2, and for tags that end with -prod', () => {
    const names = ['2.1', '2.2', '3.1', '4.4'].flatMap((version) =>
      ['prod', 'rc', 'release'].map((kind) => `${version}-your_repo-${kind}`),
    )
    const rules = ['2*', '*-prod'].map((pattern) => rule('latestPushedK', 10, tags('matches', pattern)))
    expect(
      expired(
        rules,
        names.map((name) => image(name, [name])),
      ),
    ).toEqual([...['3.1-your_repo-rc', '3.1-your_repo-release', '4.4-your_repo-rc', '4.4-your_repo-release']])
  })
  test('if some of the tags of an artifact are retained, all are', () => {
    const one = image('one', ['harbor-1.8', 'harbor-release', 'harbor-nightly', 'harbor-latest'])
    expect(expired([rule('latestPushedK', 2, tags('matches', 'harbor-l*'))], [one])).toEqual([])
  })
})

test('what any rule retains stays, with the first such rule as the reason; the rest goes', () => {
  const images = [image('a', ['v1']), image('b', ['dev']), image('c', ['pr-1'])]
  const rules = [
    rule('always', undefined, tags('matches', 'v*')),
    rule('latestPushedK', 9, tags('matches', 'dev')),
  ]
  expect(reportOf(harbor, decide(rules, images))).toEqual({
    unit: 'digest',
    kept: [`library/app@${digestOf('a')}`, `library/app@${digestOf('b')}`],
    expired: [`library/app@${digestOf('c')}`],
    reasons: {
      [`library/app@${digestOf('a')}`]: 'rules[0] retains it: always',
      [`library/app@${digestOf('b')}`]: 'rules[1] retains it: it is among the 9 most recently pushed',
      [`library/app@${digestOf('c')}`]:
        'its repository is reached by rules[0], rules[1], and no rule retains it',
    },
    warnings: [],
  })
})

test('a repository that no enabled rule reaches keeps everything', () => {
  const images = [image('a', ['x']), image('b', ['x'], {}, { repository: 'library/other' })]
  const nothing = tags('matches', 'nothing', { untagged: false })
  const reaches = repositories(selector('repoMatches', 'app'))
  expect(expired([rule('always', undefined, { ...nothing, ...reaches })], images)).toEqual(['a'])
  expect(expired([rule('always', undefined, { ...nothing, disabled: true })], images)).toEqual([])
  expect(expired([], images)).toEqual([])
})

test('a rule that reaches a repository and retains nothing empties it, with a warning', () => {
  const { warnings } = decide([rule('always', undefined, tags('matches', 'v*'))], [image('a', ['x'])])
  expect(warnings).toEqual(['rules reach 1 repository and retain nothing there, such as library/app'])
})

describe('templates', () => {
  const ages = (of: 'pushed' | 'pulled', ...days: (number | null)[]) =>
    days.map((age, i) =>
      image(`i${i}`, [`t${i}`], { pushed: 100 * DAY, [of]: age === null ? null : age * DAY }),
    )

  test.each([
    ['latestPushedK', 2, ages('pushed', 3, 1, 2), ['i0']],
    ['latestPushedK', 0, ages('pushed', 3, 1), ['i0', 'i1']],
    ['latestPushedK', 1.9, ages('pushed', 3, 1), ['i0']],
    ['latestPulledN', 2, ages('pulled', 3, 1, 2), ['i0']],
    ['latestPulledN', 2, ages('pulled', null, 1, 2), ['i0']],
    ['latestPulledN', 5, ages('pulled', null, 1), []],
    [
      'latestActiveK',
      1,
      [image('a', ['a'], { pushed: 9 * DAY, pulled: DAY }), image('b', ['b'], { pushed: 2 * DAY })],
      ['b'],
    ],
    [
      'latestActiveK',
      1,
      [image('a', ['a'], { pushed: DAY, pulled: 9 * DAY }), image('b', ['b'], { pushed: 2 * DAY })],
      ['b'],
    ],
    ['nDaysSinceLastPull', 7, ages('pulled', 6, 8, null), ['i1', 'i2']],
    ['nDaysSinceLastPush', 7, ages('pushed', 6, 8), ['i1']],
    ['lastXDays', 7, ages('pushed', 6, 8), ['i1']],
    ['lastXDays', 0, ages('pushed', 0, -1), ['i0']],
    ['always', undefined, ages('pushed', 1, 900), []],
  ])('%s %j', (template, number, images, gone) => {
    expect(expired([rule(template, number)], images)).toEqual(gone)
  })

  test.each([
    ['nDaysSinceLastPush', 'pushed', []],
    ['nDaysSinceLastPull', 'pulled', []],
    ['lastXDays', 'pushed', ['at']],
  ])('%s at exactly the age', (template, of, gone) => {
    const images = [0, SECOND, -SECOND].map((more, i) =>
      image(['at', 'over', 'under'][i] ?? '', ['x'], { pushed: 100 * DAY, [of]: 7 * DAY + more }),
    )
    expect(expired([rule(template, 7)], images)).toEqual([...gone, 'over'])
  })

  test('Harbor keeps times in whole seconds', () => {
    const images = [image('a', ['a'], { pushed: 7 * DAY - SECOND / 2 })]
    expect(expired([rule('lastXDays', 7)], images)).toEqual(['a'])
    expect(expired([rule('nDaysSinceLastPush', 7)], images)).toEqual([])
  })

  test('the time of a push is the latest of the artifact and its tags', () => {
    const moved = image('a', [], { pushed: 90 * DAY }, { tags: [{ name: 'x', taggedAt: NOW - DAY }] })
    const old = image('b', [], { pushed: DAY }, { tags: [{ name: 'y', taggedAt: NOW - 90 * DAY }] })
    expect(expired([rule('nDaysSinceLastPush', 7)], [moved, old])).toEqual([])
    const unknown = image('c', [], { pushed: null }, { tags: [{ name: 'z', taggedAt: NOW - 90 * DAY }] })
    expect(expired([rule('nDaysSinceLastPush', 7)], [unknown])).toEqual(['c'])
  })

  test('an unknown time of a push retains, and takes no place among the latest', () => {
    const images = [
      image('a', ['a'], { pushed: null }),
      image('b', ['b']),
      image('c', ['c'], { pushed: 9 * DAY }),
    ]
    expect(expired([rule('latestPushedK', 1)], images)).toEqual(['c'])
    expect(expired([rule('latestActiveK', 1)], images)).toEqual(['c'])
    for (const template of ['nDaysSinceLastPush', 'lastXDays'])
      expect(expired([rule(template, 7)], images)).toEqual(['c'])
    expect(expired([rule('nDaysSinceLastPull', 7)], images)).toEqual(['a', 'b', 'c'])
  })

  test('K counts digests, for each rule by itself', () => {
    const images = [
      image('a', ['v1', 'v2', 'v3'], { pushed: DAY }),
      image('b', ['v4'], { pushed: 2 * DAY }),
      image('c', ['dev-1', 'v5'], { pushed: 3 * DAY }),
    ]
    expect(expired([rule('latestPushedK', 2, tags('matches', 'v*'))], images)).toEqual(['c'])
    const rules = ['v*', 'dev-*'].map((pattern) => rule('latestPushedK', 1, tags('matches', pattern)))
    expect(expired(rules, images)).toEqual(['b'])
  })

  test('of images of one time, the later push comes first, and then the smaller digest', () => {
    const same = ['b', 'a', 'c'].map((name) => image(name, [name]))
    expect(expired([rule('latestPushedK', 1)], same)).toEqual(['b', 'c'])
    const never = [image('a', ['a'], { pushed: 9 * DAY }), image('b', ['b'])]
    expect(expired([rule('latestPulledN', 1)], never)).toEqual(['a'])
  })

  test.each([['latestActiveK'], ['lastXDays']])('%s takes 10 for what is no number from 0 on', (template) => {
    const images = Array.from({ length: 12 }, (_, i) =>
      image(`i${i}`, ['x'], { pushed: (i + 1) * DAY + SECOND }),
    )
    for (const number of [-1, 'foo', null]) {
      const { warnings } = decide([rule(template, number)], images)
      expect(warnings).toEqual([`rules[0].params.${template} is not a number from 0 on: Harbor takes 10`])
      expect(expired([rule(template, number)], images)).toEqual(
        template === 'lastXDays' ? ['i10', 'i11', 'i9'] : ['i10', 'i11'],
      )
    }
  })

  test('a warning tells that nDaysSinceLastPull fails what was never pulled', () => {
    const { warnings } = decide([rule('nDaysSinceLastPull', 30)], [])
    expect(warnings).toEqual(['rules[0] does not retain an image that was never pulled, however new it is'])
    expect(decide([rule('nDaysSinceLastPull', 30, { disabled: true })], []).warnings).toEqual([])
  })

  test('more days than Go can count retain, with a warning', () => {
    const days = rule('nDaysSinceLastPush', 200_000)
    expect(expired([days], [image('a', ['a'], { pushed: 900 * DAY })])).toEqual([])
    expect(decide([days], []).warnings).toEqual([expect.stringContaining('miscounts')])
  })
})

describe('selectors', () => {
  const images = [image('tagged', ['v1', 'dev']), image('only', ['dev']), image('untagged', [])]
  const keeps = (selectors: object) => expired([rule('always', undefined, selectors)], images)

  test.each([
    ['matches selects untagged ones without extras', tags('matches', 'v*'), ['only']],
    ['… with extras that are not JSON', tags('matches', 'v*', 'x'), ['only']],
    ['… with untagged: true', tags('matches', 'v*', { untagged: true }), ['only']],
    ['… but not with untagged: false', tags('matches', 'v*', { untagged: false }), ['only', 'untagged']],
    ['… nor with extras that do not say it', tags('matches', 'v*', {}), ['only', 'untagged']],
    ['excludes selects if any tag does not match', tags('excludes', 'dev'), ['only']],
    ['… and untagged ones without extras', tags('excludes', '**'), ['only', 'tagged']],
    ['… and with untagged: false', tags('excludes', '**', { untagged: false }), ['only', 'tagged']],
    ['… but not with untagged: true', tags('excludes', 'dev', { untagged: true }), ['only', 'untagged']],
    [
      'all selectors must select',
      { tag_selectors: [selector('matches', 'v*'), selector('matches', 'd*')] },
      ['only'],
    ],
  ])('%s', (_, selectors, gone) => {
    expect(keeps(selectors)).toEqual(gone)
  })

  test('a warning tells what "untagged" means with "excludes"', () => {
    const rules = [rule('always', undefined, tags('excludes', 'dev', { untagged: true }))]
    expect(decide(rules, []).warnings).toEqual([expect.stringContaining('leaves untagged images out')])
  })

  const reached = (project: string, repository: string, ...selectors: unknown[]) => {
    const nothing = { ...tags('matches', 'nothing', { untagged: false }), ...repositories(...selectors) }
    const images = [image('a', ['x'], {}, { repository })]
    return expired([rule('always', undefined, nothing)], images, project).length === 1
  }
  test.each([
    ['library', 'library/app', [selector('repoMatches', 'app')], true],
    ['library', 'library/app', [selector('repoMatches', 'library/app')], false],
    ['library', 'library/team/app', [selector('repoMatches', 'team/*')], true],
    ['library', 'library/team/app', [selector('repoMatches', '*')], false],
    ['library', 'library/app', [selector('repoExcludes', 'app')], false],
    ['library', 'library/app', [selector('repoExcludes', '{b,c}')], true],
    ['library', 'app', [selector('repoMatches', 'app')], true],
    ['', 'library/app', [selector('repoMatches', 'library/app')], true],
    ['library', 'library/app', [selector('repoMatches', 'a*'), selector('repoMatches', '*z')], false],
    ['library', 'library/app', [selector('nsMatches', 'lib*')], true],
    ['library', 'library/app', [selector('nsExcludes', 'lib*')], false],
    ['library', 'library/app', [], true],
  ])('in project %j, is %s reached by %j: %s', (project, repository, selectors, isReached) => {
    expect(reached(project, repository, ...selectors)).toBe(isReached)
  })

  test('a tag selector among those for repositories selects every repository, or none, with a warning', () => {
    expect(reached('library', 'library/app', selector('matches', 'nothing'))).toBe(true)
    expect(reached('library', 'library/app', selector('matches', '**', { untagged: false }))).toBe(false)
    const rules = [rule('always', undefined, repositories(selector('matches', 'x')))]
    expect(decide(rules, []).warnings).toEqual([expect.stringContaining('selects every repository')])
  })

  test('a missing scope_selectors reaches every repository', () => {
    const selectors = { ...tags('matches', 'nothing', { untagged: false }), scope_selectors: undefined }
    expect(expired([rule('always', undefined, selectors)], images)).toHaveLength(3)
  })

  test('a warning tells that without a project the whole name is seen', () => {
    const rules = [rule('always', undefined, repositories(selector('repoMatches', 'app')))]
    expect(decide(rules, images, '').warnings).toEqual([expect.stringContaining('no project is given')])
    expect(decide([rule('always')], images, '').warnings).toEqual([])
  })
})

describe('what belongs together', () => {
  const index = (name: string, tags: string[], ...children: string[]) =>
    image(name, tags, {}, { children: children.map(digestOf) })
  const releases = [rule('always', undefined, tags('matches', 'v*', { untagged: false }))]

  test('an untagged child of an index is not listed: it stays and goes with its indexes', () => {
    const images = [
      image('child', []),
      image('shared', []),
      index('v', ['v1'], 'shared'),
      index('d', ['d'], 'child', 'shared'),
    ]
    expect(expired(releases, images)).toEqual(['child', 'd'])
    expect(
      expired([rule('latestPushedK', 1, tags('matches', '**'))], [image('c', []), index('i', ['i'], 'c')]),
    ).toEqual([])
  })
  test('a tagged child is decided by itself, but Harbor does not delete what an index that stays lists', () => {
    const images = [
      image('c', ['amd64']),
      index('v', ['v1'], 'c'),
      image('k', ['v1-arm64']),
      index('d', ['d'], 'k'),
    ]
    expect(expired(releases, images)).toEqual(['d'])
    expect(decide(releases, images).verdicts[0]?.reason).toBe('an index that stays lists it')
  })
  test('signatures stay and go with what they sign, and take no place', () => {
    const signs = (name: string, subject: string) => image(name, [], {}, { subject: digestOf(subject) })
    const cosign = image('tag', [`${digestOf('v').replace(':', '-')}.sig`])
    const images = [signs('sv', 'v'), image('v', ['v1']), signs('sd', 'd'), image('d', ['d']), cosign]
    expect(expired(releases, images)).toEqual(['d', 'sd'])
    const latest = rule('latestPushedK', 1)
    expect(expired([latest], [image('v', ['v1'], { pushed: DAY }), signs('sv', 'v')])).toEqual([])
  })
  test('a signature of an image that is not there is as any image', () => {
    expect(expired(releases, [image('s', [], {}, { subject: digestOf('gone') })])).toEqual(['s'])
  })
  test('an index may list a child twice', () => {
    expect(expired(releases, [image('c', []), index('d', ['d'], 'c', 'c')])).toEqual(['c', 'd'])
  })
  test('images that need each other in a circle stay', () => {
    expect(expired(releases, [index('a', ['a'], 'b'), index('b', ['b'], 'a')])).toEqual([])
  })
  test('an immutable image stays', () => {
    const images = [image('a', ['a'], {}, { immutable: true })]
    expect(expired(releases, images)).toEqual([])
    expect(decide(releases, images).verdicts[0]?.reason).toContain('immutable')
  })
})

describe('Harbor refuses', () => {
  const bad = (rest: object) => policy(rule('latestPushedK', 1, rest))
  const badSelector = (rest: object) => bad({ tag_selectors: [{ ...selector('matches', '**'), ...rest }] })
  const scheduled = (cron: string) => ({ ...policy(), trigger: { kind: 'Schedule', settings: { cron } } })
  test.each([
    ['policy', []],
    ['policy', null],
    ['uuid', { ...policy(), uuid: 'x' }],
    ['algorithm', { ...policy(), algorithm: 'and' }],
    ['rules', { ...policy(), rules: {} }],
    ['rules', policy(...Array.from({ length: 16 }, (_, i) => rule('latestPushedK', i)))],
    ['rules[1]', policy(rule('latestPushedK', 1), rule('latestPushedK', 1, { id: 7 }))],
    ['rules[0]', policy('x')],
    ['rules[0].name', bad({ name: 'x' })],
    ['rules[0].action', bad({ action: 'immutable' })],
    ['rules[0].template', bad({ template: 'nothing' })],
    ['rules[0].template', bad({ template: 'toString' })],
    ['rules[0].disabled', bad({ disabled: 'no' })],
    ['rules[0].priority', bad({ priority: '1' })],
    ['rules[0].params.latestPushedK', bad({ params: {} })],
    ['rules[0].params.latestPushedK', bad({ params: { latestPushedK: -10 } })],
    ['rules[0].params.latestPushedK', bad({ params: { latestPushedK: 32_767 } })],
    ['rules[0].params.latestPushedK', bad({ params: { latestPushedK: '5' } })],
    ['rules[0].params.nDaysSinceLastPull', policy(rule('nDaysSinceLastPull', 20_201_010))],
    ['rules[0].params.lastXDays', policy(rule('lastXDays'))],
    ['rules[0].params.nDays', bad({ params: { latestPushedK: 1, nDays: 1 } })],
    ['rules[0].tag_selectors', bad({ tag_selectors: [] })],
    ['rules[0].tag_selectors', bad({ tag_selectors: 'x' })],
    ['rules[0].tag_selectors[0].kind', badSelector({ kind: 'label' })],
    ['rules[0].tag_selectors[0].decoration', badSelector({ decoration: 'untagged' })],
    ['rules[0].tag_selectors[0].pattern', badSelector({ pattern: ' ' })],
    ['rules[0].tag_selectors[0].pattern', badSelector({ pattern: 'v[' })],
    ['rules[0].tag_selectors[0].extras', badSelector({ extras: { untagged: true } })],
    ['rules[0].tag_selectors[0].regex', badSelector({ regex: 'x' })],
    ['rules[0].scope_selectors.tag', bad({ scope_selectors: { tag: [] } })],
    ['rules[0].scope_selectors.repository[0].pattern', bad(repositories(selector('repoMatches', '{a')))],
    ['trigger', { ...policy(), trigger: null }],
    ['trigger.settings', { ...policy(), trigger: { kind: 'Schedule' } }],
    ['trigger.settings.cron', { ...policy(), trigger: { kind: 'Schedule', settings: {} } }],
    ['trigger.settings.cron', scheduled('abc')],
    ['trigger.settings.cron', scheduled('0 0 * * *')],
    ['trigger.settings.cron', scheduled('0 0 0 * * * *')],
    ['scope.level', { ...policy(), scope: { level: 'system', ref: 0 } }],
    ['scope.ref', { ...policy(), scope: { level: 'project', ref: 0 } }],
  ])('%s in %j', (field, document) => {
    expect(() => harbor.read(document)).toThrow(new RegExp(`^${RegExp.escape(field)}: `))
  })
})

test('what Harbor adds is accepted, and rules that differ in more than the id', () => {
  const trigger = { kind: 'Schedule', settings: { cron: '', next_scheduled_time: '2026-11-27T00:00:00Z' } }
  const rules = [
    rule('latestPushedK', 1),
    rule('latestPushedK', 2),
    rule('latestPushedK', 1, { priority: 1 }),
  ]
  expect(() => harbor.read({ ...policy(...rules), trigger })).not.toThrow()
  expect(() => harbor.read({ id: 1, algorithm: 'or', rules: null })).not.toThrow()
  expect(() => harbor.read(policy(rule('always', undefined, { params: null })))).not.toThrow()
})

const anyImages = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')).chain((names) =>
  fc.tuple(
    ...names.map((name) =>
      fc
        .record({
          repository: fc.constantFrom('library/app', 'library/other'),
          tags: fc.uniqueArray(fc.constantFrom('v1', 'v2', 'dev'), { maxLength: 2 }),
          pushed: fc.option(fc.constantFrom(DAY, 2 * DAY, 9 * DAY)),
          pulled: fc.option(fc.constantFrom(DAY, 9 * DAY)),
          children: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 }),
          subject: fc.option(fc.constantFrom(...names), { freq: 1 }),
          immutable: fc.boolean(),
        })
        .map(({ tags, pushed, pulled, repository, children, subject, immutable }) =>
          image(
            name,
            tags,
            { pushed, pulled },
            {
              ...{ repository, immutable, children: children.map(digestOf) },
              subject: subject && digestOf(subject),
            },
          ),
        ),
    ),
  ),
)
const anyRule = fc
  .record({
    template: fc.constantFrom(
      'latestPushedK',
      'latestPulledN',
      'latestActiveK',
      'nDaysSinceLastPush',
      'always',
    ),
    number: fc.constantFrom(0, 1, 2, 7),
    decoration: fc.constantFrom('matches', 'excludes'),
    pattern: fc.constantFrom('**', 'v*', 'dev'),
    scope: fc.constantFrom('**', 'app'),
  })
  .map(({ template, number, decoration, pattern, scope }) =>
    rule(template, number, { ...tags(decoration, pattern), ...repositories(selector('repoMatches', scope)) }),
  )

test('the order of the images changes no verdict, and each image gets exactly one', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyRule, { maxLength: 3, selector: (one) => JSON.stringify(one) }),
      anyImages,
      (rules, images) => {
        const report = reportOf(harbor, decide(rules, images))
        expect(reportOf(harbor, decide(rules, images.toReversed()))).toEqual(report)
        const sorted = images.toSorted((a, b) => (b.pushedAt ?? 0) - (a.pushedAt ?? 0))
        expect(reportOf(harbor, decide(rules, sorted))).toEqual(report)
        const names = images.map(({ repository, digest }) => `${repository}@${digest}`)
        expect([...report.kept, ...report.expired].sort()).toEqual(names.sort())
      },
    ),
    { numRuns: 300 },
  )
})

test('no index that stays loses a child, and no image that stays loses a signature', () => {
  fc.assert(
    fc.property(fc.array(anyRule, { minLength: 1, maxLength: 1 }), anyImages, (rules, images) => {
      const { verdicts } = decide(rules, images)
      const gone = new Set(verdicts.filter(({ isKept }) => !isKept).map(({ image }) => image))
      const inPlace = (holder: PolicyImage, digest: string) =>
        images.find((one) => one.repository === holder.repository && one.digest === digest)
      for (const { image: one, isKept } of verdicts) {
        if (isKept) for (const child of one.children) expect(gone.has(inPlace(one, child) ?? one)).toBe(false)
        else if (one.subject !== null) expect(gone.has(inPlace(one, one.subject) ?? one)).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})
