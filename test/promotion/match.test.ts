import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeMatch, type TaggedImage } from '../../src/promotion/match.ts'

type Route = Parameters<typeof makeMatch>[0][number]

/** The tag is a glob, or a pattern between slashes. */
const rule = (
  name: string,
  { tag = '*', ...from }: Partial<TaggedImage>,
  to: Partial<TaggedImage>,
): Route => ({
  ...{ name, when: 'push' },
  from: {
    ...{ registry: 'ci', repository: '**', ...from },
    tag: tag.startsWith('/') ? { pattern: tag.slice(1, -1) } : { glob: tag },
  },
  to: { registry: 'production', repository: '{repository}', tag: '{tag}', ...to },
})

const image = (repository: string, tag: string, registry = 'ci'): TaggedImage => ({
  ...{ registry, repository, tag },
})

const firstTwo = ({ repository }: TaggedImage) => repository.split('/').slice(0, 2).join('/')
const match = (rules: Route[], pushed: TaggedImage) =>
  makeMatch(rules, firstTwo)(pushed).map(({ rule, to }) => ({ rule: rule.name, to }))

describe('what a rule matches', () => {
  test.each([
    ['**', '*', 'team-a/app/api', 'latest', true],
    ['team-a/**', 'v*', 'team-a/app/api', 'v1.2.3', true],
    ['team-a/**', 'v*', 'team-a/app', 'latest', false],
    ['team-a/**', '*', 'team-b/app', 'v1', false],
    ['team-a/*', '*', 'team-a/app/api', 'v1', false],
    ['team-a/*', '*', 'team-a/app', 'v1', true],
    ['{team-a,team-b}/app', 'v[0-9]*', 'team-b/app', 'v1', true],
    ['{team-a,team-b}/app', 'v[0-9]*', 'team-b/app', 'vnext', false],
    ['team.a/app', '*', 'team-a/app', 'v1', false],
    ['*', '1.2.*', 'app', '1.2.3', true],
    ['*', '1.2.*', 'app', '1x2.3', false],
    ['App', '*', 'app', 'v1', false],
    // They travel with their image.
    ['**', '*', 'app', `sha256-${'a'.repeat(64)}`, false],
    ['**', '*', 'app', `sha256-${'a'.repeat(64)}.sig`, false],
    ['**', '*', 'app', `sha256-${'a'.repeat(63)}`, true],
  ])('%s:%s and %s:%s: %s', (repository, tag, pushedTo, pushedAs, expected) => {
    const found = match([rule('r', { repository, tag }, {})], image(pushedTo, pushedAs))
    expect(found.length > 0).toBe(expected)
  })

  test.each([
    ['/v(\\d+)\\.(\\d+)/', 'v1.20', '{1}-{2}', '1-20'],
    ['/(?P<name>[a-z]+)-(?P<build>\\d+)/', 'nightly-7', 'build-{build}', 'build-7'],
    ['/v\\d+(-rc)?/', 'v1', '{tag}{1}', 'v1'],
  ])('groups of a pattern are variables: %s, %s, %s', (tag, pushedAs, toTag, expected) => {
    const found = match([rule('r', { tag }, { tag: toTag })], image('app', pushedAs))
    expect(found.map(({ to }) => to.tag)).toEqual([expected])
  })

  test('a pattern must match the whole tag', () => {
    expect(match([rule('r', { tag: '/v1/' }, {})], image('app', 'v1.2'))).toEqual([])
  })

  test('a rule that waits to be asked leads nowhere on its own', () => {
    const rules = [
      { ...rule('ask', {}, { registry: 'ci', repository: 'kept/{name}' }), when: 'request' as const },
      rule('back', { repository: 'kept/*' }, { registry: 'ci', repository: '{name}' }),
    ]
    expect(match(rules, image('kept/app', 'v1'))).toEqual([
      { rule: 'ask', to: image('kept/app', 'v1') },
      { rule: 'back', to: image('app', 'v1') },
    ])
  })

  test('a rule matches images of its own registry only', () => {
    const rules = [rule('r', { registry: 'ci' }, {})]
    expect(match(rules, image('team/app', 'v1', 'other'))).toEqual([])
  })
})

describe('where it goes', () => {
  test.each([
    ['{repository}', '{tag}', 'team-a/app/api', 'v1'],
    ['released/{repository}', '{tag}-final', 'released/team-a/app/api', 'v1-final'],
    ['{project}', '{tag}', 'team-a/app', 'v1'],
    ['mirror/{name}', '{name}-{tag}-{tag}', 'mirror/api', 'api-v1-v1'],
    ['fixed', 'stable', 'fixed', 'stable'],
  ])('%s:%s is %s:%s', (repository, tag, toRepository, toTag) => {
    const found = match([rule('r', {}, { repository, tag })], image('team-a/app/api', 'v1'))
    expect(found).toEqual([{ rule: 'r', to: image(toRepository, toTag, 'production') }])
  })

  test('a repository without a slash is its own name', () => {
    const found = match([rule('r', {}, { repository: 'm/{name}' })], image('app', 'v1'))
    expect(found[0]?.to.repository).toBe('m/app')
  })

  test('every rule that matches is given, in the order of the configuration', () => {
    const rules = [
      rule('second', { tag: 'v*' }, { registry: 'b' }),
      rule('none', { tag: 'x*' }, {}),
      rule('first', {}, { registry: 'a' }),
    ]
    expect(match(rules, image('app', 'v1')).map(({ rule: name }) => name)).toEqual(['second', 'first'])
  })
})

describe('a rule that would feed itself', () => {
  test('is skipped if it matches its own target', () => {
    const within = [rule('r', { repository: '**' }, { registry: 'ci', repository: 'released/{repository}' })]
    expect(match(within, image('team/app', 'v1'))).toEqual([])
  })

  test('is not skipped within one registry if it does not match its target', () => {
    const within = [
      rule('r', { repository: 'team/**' }, { registry: 'ci', repository: 'released/{repository}' }),
      rule('retag', { tag: 'v*' }, { registry: 'ci', tag: 'stable' }),
    ]
    expect(match(within, image('team/app', 'v1'))).toEqual([
      { rule: 'r', to: image('released/team/app', 'v1') },
      { rule: 'retag', to: image('team/app', 'stable') },
    ])
  })

  test('is skipped if another rule leads back to it', () => {
    const back = [
      rule('there', { registry: 'ci' }, { registry: 'production' }),
      rule('back', { registry: 'production' }, { registry: 'ci' }),
    ]
    expect(match(back, image('team/app', 'v1'))).toEqual([])
    expect(match(back, image('team/app', 'v1', 'production'))).toEqual([])
  })

  test('is not skipped in a chain of rules that ends', () => {
    const chain = [
      rule('test', { registry: 'ci' }, { registry: 'staging' }),
      rule('release', { registry: 'staging' }, { registry: 'production' }),
    ]
    expect(match(chain, image('app', 'v1'))).toEqual([{ rule: 'test', to: image('app', 'v1', 'staging') }])
  })
})

const anyRules = fc.array(
  fc
    .record({
      from: fc.record({
        registry: fc.constantFrom('a', 'b'),
        repository: fc.constantFrom('**', 'x/**', 'y/**', 'app'),
        tag: fc.constantFrom('*', 'v*', 'stable'),
      }),
      to: fc.record({
        registry: fc.constantFrom('a', 'b', 'c'),
        repository: fc.constantFrom('{repository}', 'x/{name}', 'y/{name}', 'x/{repository}'),
        tag: fc.constantFrom('{tag}', 'stable'),
      }),
    })
    .map(({ from, to }) => rule('', from, to)),
  { minLength: 1, maxLength: 5 },
)

test('promotions that cause further promotions always come to an end', () => {
  let longest = 0
  fc.assert(
    fc.property(anyRules, fc.constantFrom('app', 'x/app', 'y/app'), (rules, repository) => {
      const promoted = makeMatch(
        rules.map((r, i) => ({ ...r, name: `${i}` })),
        firstTwo,
      )
      let frontier = [image(repository, 'v1', 'a')]
      for (let step = 0; frontier.length > 0; step++) {
        longest = Math.max(longest, step)
        expect(step).toBeLessThanOrEqual(rules.length)
        frontier = frontier.flatMap((pushed) => promoted(pushed).map(({ to }) => to))
      }
    }),
    { numRuns: 5000 },
  )
  expect(longest).toBeGreaterThan(1)
})
