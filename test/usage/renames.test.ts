import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fact } from '../../src/usage/fact.ts'
import { modelOf } from '../../src/usage/model.ts'
import { isAtOrBelow, type Rename, redirect, remainder, routeOf } from '../../src/usage/renames.ts'

const rename = (from: string, to: string, at: number): Rename => ({ from, to, at })

describe('where a repository is today', () => {
  const renames = [rename('team/app', 'team/web', 100)]
  test.each([
    ['team/app', 100, 'team/web'],
    ['team/app', 1, 'team/web'],
    ['team/app/api/v2', 50, 'team/web/api/v2'],
    ['team/app', 101, undefined],
    ['team/application', 50, undefined],
    ['team', 50, undefined],
    ['team/web', 50, undefined],
    ['other/team/app', 50, undefined],
  ])('%s as of %d: %s', (repository, at, expected) => {
    expect(routeOf(renames, repository, at)?.repository).toBe(expected)
  })

  test('nothing was renamed', () => {
    expect(routeOf([], 'team/app', 1)).toBeUndefined()
  })

  test('chains are followed, from the time on at which a name was the one meant', () => {
    const chain = [rename('a', 'b', 10), rename('b', 'c', 20), rename('c/x', 'd', 30)]
    expect(routeOf(chain, 'a/x', 5)).toMatchObject({ repository: 'd', leftAt: 10 })
    expect(routeOf(chain, 'a/y', 5)).toMatchObject({ repository: 'c/y', leftAt: 10 })
    expect(routeOf(chain, 'b/x', 15)).toMatchObject({ repository: 'd', leftAt: 20 })
    expect(routeOf(chain, 'b/x', 25)).toBeUndefined()
  })

  test('a swap ends, and a name that was left is not what its old facts bury', () => {
    const swap = [rename('a', 'tmp', 10), rename('b', 'a', 20), rename('tmp', 'b', 30)]
    expect(routeOf(swap, 'a', 5)).toEqual({ repository: 'b', leftAt: 10, notBefore: 21 })
    expect(routeOf(swap, 'b', 5)).toEqual({ repository: 'a', leftAt: 20, notBefore: 11 })
    const push: Fact = { kind: 'push', repository: 'b', at: 5, digest: 'd', size: 1, mediaType: '' }
    const route = routeOf(swap, 'b', 5)
    if (route === undefined) throw new Error('not redirected')
    expect(redirect(push, route)).toEqual([
      { ...push, kind: 'present', via: 'push', repository: 'a', at: 11 },
    ])
    // A pull counts as one that began before what it follows for some seconds more.
    expect(redirect({ ...push, kind: 'pull', id: 'e' }, route)).toMatchObject([
      { via: 'pull', at: 5_000_011 },
    ])
    expect(remainder(push, route)).toEqual([push, { kind: 'drop', repository: 'b', at: 20 }])
  })

  test('to and fro', () => {
    const renames = [rename('a', 'b', 10), rename('b', 'a', 20), rename('a', 'b', 30), rename('b', 'a', 40)]
    expect(routeOf(renames, 'a', 5)?.repository).toBe('a')
    expect(routeOf(renames, 'b', 5)?.repository).toBe('a')
    expect(routeOf(renames, 'a', 25)?.repository).toBe('a')
    expect(routeOf(renames, 'a', 35)).toBeUndefined()
  })
})

test('what is redirected is nobody’s use', () => {
  const route = { repository: 'b', leftAt: 10, notBefore: 0 }
  const at = 5
  const sight = { repository: 'a', at, digest: 'd', size: 1, mediaType: '', tag: 'v1' }
  const moved = { ...sight, repository: 'b' }
  expect(redirect({ kind: 'pull', id: 'e', ...sight }, route)).toEqual([
    { kind: 'present', via: 'pull', ...moved },
  ])
  expect(redirect({ kind: 'scan', repository: 'a', at, id: 'e' }, route)).toEqual([])
  const deletion: Fact = { kind: 'delete', repository: 'a', at, digest: 'd' }
  expect(redirect(deletion, { ...route, notBefore: 9 })).toEqual([{ ...deletion, repository: 'b' }])
  expect(remainder(deletion, route)).toEqual([deletion])
})

/**
 * A registry as it really is: names, what is there, and what happened. Contents and tags carry the name of the
 * repository that they began in, for what a name's earlier holder deleted cannot be told from what moved to it later.
 */
interface World {
  repositories: Map<string, { origin: string; contents: Map<string, Set<string>> }>
  facts: Fact[]
  renames: Rename[]
}

const NAMES = ['g', 'g/a', 'g/a/x', 'g/b', 'g/b/x', 'h', 'h/a']
/** 10 s: more than the grace of a pull. */
const STEP = 10_000_000

const anySteps = fc.array(
  fc.record({
    what: fc.constantFrom('push', 'push', 'push', 'pull', 'delete', 'untag', 'rename', 'rename'),
    ...{ name: fc.constantFrom(...NAMES), to: fc.constantFrom(...NAMES), n: fc.nat({ max: 2 }) },
  }),
  { minLength: 3, maxLength: 25 },
)
type Steps = typeof anySteps extends fc.Arbitrary<infer T> ? T : never

function live(steps: Steps): World {
  const world: World = { repositories: new Map(), facts: [], renames: [] }
  for (const [i, { what, name, to, n }] of steps.entries()) {
    const at = (i + 1) * STEP
    if (what === 'rename') move(world, { from: name, to, at })
    else happen(world, what, name, n, at)
  }
  return world
}

function move({ repositories, renames }: World, one: Rename): void {
  const moving = [...repositories].filter(([name]) => isAtOrBelow(one.from, name))
  // GitLab refuses a name that is taken.
  const isTaken = [...repositories.keys()].some((name) => isAtOrBelow(one.to, name))
  if (moving.length === 0 || isTaken || isAtOrBelow(one.from, one.to) || isAtOrBelow(one.to, one.from)) return
  for (const [name, repository] of moving) {
    repositories.delete(name)
    repositories.set(`${one.to}${name.slice(one.from.length)}`, repository)
  }
  renames.push(one)
}

function happen({ repositories, facts }: World, what: string, name: string, n: number, at: number): void {
  const repository = repositories.get(name) ?? { origin: `${name}:${at}`, contents: new Map() }
  const digest = `key:${[...`${repository.origin}-${n}`].map((c) => c.charCodeAt(0).toString(16)).join('')}`
  const tag = `${repository.origin}-${n}`
  const sight = { repository: name, at, digest, size: 1, mediaType: '', tag }
  if (what === 'push') {
    repositories.set(name, repository)
    for (const tags of repository.contents.values()) tags.delete(tag)
    repository.contents.set(digest, new Set([tag]))
    facts.push({ kind: 'push', ...sight })
  }
  const tags = repository.contents.get(digest)
  if (tags === undefined) return
  if (what === 'pull' && tags.has(tag)) facts.push({ kind: 'pull', id: `${at}`, ...sight })
  if (what === 'untag' && tags.delete(tag)) facts.push({ kind: 'untag', repository: name, at, tag })
  if (what === 'delete' && repository.contents.delete(digest))
    facts.push({ kind: 'delete', repository: name, at, digest })
}

test('however a registry’s repositories were renamed, what was said under old names is found under the new', () => {
  let [renamed, redirected] = [0, 0]
  fc.assert(
    fc.property(anySteps, (steps) => {
      const { repositories, facts, renames } = live(steps)
      // Come late to a name that was taken before, they cannot be put in order with what they deleted.
      const isDeletion = ({ kind }: Fact) => kind === 'delete' || kind === 'untag'
      const notBefore = ({ repository, at }: Fact) => routeOf(renames, repository, at)?.notBefore ?? 0
      fc.pre(!facts.some((fact) => isDeletion(fact) && fact.at < notBefore(fact)))
      const placed = facts.flatMap((fact) => {
        const route = routeOf(renames, fact.repository, fact.at)
        if (route !== undefined) redirected += 1
        return route === undefined ? [fact] : [...remainder(fact, route), ...redirect(fact, route)]
      })
      renamed += renames.length
      const expected = [...repositories].flatMap(([name, { contents }]) =>
        [...contents].map(([digest, tags]) => `${name}@${digest} ${[...tags].sort()}`),
      )
      const found = modelOf(placed).images.map(
        ({ repository, digest, tags }) => `${repository}@${digest} ${tags.sort()}`,
      )
      expect(found.sort()).toEqual(expected.sort())
      const { pulls, lastPush } = modelOf(placed).counters
      expect({ pulls, lastPush }).toEqual({
        pulls: facts.filter(({ kind }) => kind === 'pull').length,
        lastPush: Math.max(0, ...facts.filter(({ kind }) => kind === 'push').map(({ at }) => at)),
      })
    }),
    { numRuns: 3000 },
  )
  expect(renamed).toBeGreaterThan(500)
  expect(redirected).toBeGreaterThan(500)
})
