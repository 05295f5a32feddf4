import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Fact } from '../../src/usage/fact.ts'
import { modelOf } from '../../src/usage/model.ts'
import {
  factsUnderNewName,
  factsUnderOldName,
  isAtOrBelow,
  newNameOf,
  type Rename,
} from '../../src/usage/renames.ts'

const rename = (from: string, to: string, at: number): Rename => ({ from, to, at })

describe('the new name of a repository', () => {
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
  ])('of %s as of %d is %s', (repository, at, expected) => {
    expect(newNameOf(renames, repository, at)?.repository).toBe(expected)
  })

  test('is undefined if nothing was renamed', () => {
    expect(newNameOf([], 'team/app', 1)).toBeUndefined()
  })

  test('follows a chain of renames from the time of the fact on', () => {
    const chain = [rename('a', 'b', 10), rename('b', 'c', 20), rename('c/x', 'd', 30)]
    expect(newNameOf(chain, 'a/x', 5)).toMatchObject({ repository: 'd', renamedAt: 10 })
    expect(newNameOf(chain, 'a/y', 5)).toMatchObject({ repository: 'c/y', renamedAt: 10 })
    expect(newNameOf(chain, 'b/x', 15)).toMatchObject({ repository: 'd', renamedAt: 20 })
    expect(newNameOf(chain, 'b/x', 25)).toBeUndefined()
  })

  test('after a swap, a late push is placed after the rename that freed the name', () => {
    const swap = [rename('a', 'tmp', 10), rename('b', 'a', 20), rename('tmp', 'b', 30)]
    expect(newNameOf(swap, 'a', 5)).toEqual({ repository: 'b', renamedAt: 10, notBefore: 21 })
    expect(newNameOf(swap, 'b', 5)).toEqual({ repository: 'a', renamedAt: 20, notBefore: 11 })
    const push: Fact = { kind: 'push', repository: 'b', at: 5, digest: 'd', size: 1, mediaType: '' }
    const newName = newNameOf(swap, 'b', 5)
    if (newName === undefined) throw new Error('not renamed')
    expect(factsUnderNewName(push, newName)).toEqual([
      { ...push, kind: 'present', via: 'push', repository: 'a', at: 11, age: { at: 11, source: 'event' } },
    ])
    // A pull needs the grace besides: within it, the pull may be older than a delete.
    expect(factsUnderNewName({ ...push, kind: 'pull', id: 'e' }, newName)).toMatchObject([
      { via: 'pull', at: 5_000_011 },
    ])
    expect(factsUnderOldName(push, newName)).toEqual([push, { kind: 'drop', repository: 'b', at: 20 }])
  })

  test('follows renames back and forth', () => {
    const renames = [rename('a', 'b', 10), rename('b', 'a', 20), rename('a', 'b', 30), rename('b', 'a', 40)]
    expect(newNameOf(renames, 'a', 5)?.repository).toBe('a')
    expect(newNameOf(renames, 'b', 5)?.repository).toBe('a')
    expect(newNameOf(renames, 'a', 25)?.repository).toBe('a')
    expect(newNameOf(renames, 'a', 35)).toBeUndefined()
  })
})

test('facts under the new name count as no use', () => {
  const newName = { repository: 'b', renamedAt: 10, notBefore: 0 }
  const at = 5
  const sighting = { repository: 'a', at, digest: 'd', size: 1, mediaType: '', tag: 'v1' }
  const moved = { ...sighting, repository: 'b' }
  expect(factsUnderNewName({ kind: 'pull', id: 'e', ...sighting }, newName)).toEqual([
    { kind: 'present', via: 'pull', ...moved },
  ])
  expect(factsUnderNewName({ kind: 'scan', repository: 'a', at, id: 'e' }, newName)).toEqual([])
  const deletion: Fact = { kind: 'delete', repository: 'a', at, digest: 'd' }
  expect(factsUnderNewName(deletion, { ...newName, notBefore: 9 })).toEqual([
    { ...deletion, repository: 'b' },
  ])
  expect(factsUnderOldName(deletion, newName)).toEqual([deletion])
})

/**
 * A registry: its repositories by name, the facts that it reported, and its renames. Contents and tags are named after the
 * repository that they began in. So two repositories that have the same name, one after the other, share no contents.
 * Otherwise a delete in the first one would also mean the second.
 */
interface World {
  repositories: Map<string, { origin: string; contents: Map<string, Set<string>> }>
  facts: Fact[]
  renames: Rename[]
}

const NAMES = ['g', 'g/a', 'g/a/x', 'g/b', 'g/b/x', 'h', 'h/a']
/** µs; more than the grace of a pull */
const STEP = 10_000_000

const anySteps = fc.array(
  fc.record({
    what: fc.constantFrom('push', 'push', 'push', 'pull', 'delete', 'untag', 'rename', 'rename'),
    name: fc.constantFrom(...NAMES),
    to: fc.constantFrom(...NAMES),
    n: fc.nat({ max: 2 }),
  }),
  { minLength: 3, maxLength: 25 },
)
type Steps = typeof anySteps extends fc.Arbitrary<infer T> ? T : never

function runSteps(steps: Steps): World {
  const world: World = { repositories: new Map(), facts: [], renames: [] }
  for (const [i, { what, name, to, n }] of steps.entries()) {
    const at = (i + 1) * STEP
    if (what === 'rename') addRename(world, { from: name, to, at })
    else addEvent(world, what, name, n, at)
  }
  return world
}

function addRename({ repositories, renames }: World, one: Rename): void {
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

function addEvent({ repositories, facts }: World, what: string, name: string, n: number, at: number): void {
  const repository = repositories.get(name) ?? { origin: `${name}:${at}`, contents: new Map() }
  const digest = `key:${[...`${repository.origin}-${n}`].map((c) => c.charCodeAt(0).toString(16)).join('')}`
  const tag = `${repository.origin}-${n}`
  const sighting = { repository: name, at, digest, size: 1, mediaType: '', tag }
  if (what === 'push') {
    repositories.set(name, repository)
    for (const tags of repository.contents.values()) tags.delete(tag)
    repository.contents.set(digest, new Set([tag]))
    facts.push({ kind: 'push', ...sighting })
  }
  const tags = repository.contents.get(digest)
  if (tags === undefined) return
  if (what === 'pull' && tags.has(tag)) facts.push({ kind: 'pull', id: `${at}`, ...sighting })
  if (what === 'untag' && tags.delete(tag)) facts.push({ kind: 'untag', repository: name, at, tag })
  if (what === 'delete' && repository.contents.delete(digest))
    facts.push({ kind: 'delete', repository: name, at, digest })
}

test('facts about old names are found under the new names, whatever the renames', () => {
  let [renameCount, movedCount] = [0, 0]
  fc.assert(
    fc.property(anySteps, (steps) => {
      const { repositories, facts, renames } = runSteps(steps)
      // A late delete keeps its time, and a late push may not: see `factsUnderNewName`.
      const isDeletion = ({ kind }: Fact) => kind === 'delete' || kind === 'untag'
      const notBefore = ({ repository, at }: Fact) => newNameOf(renames, repository, at)?.notBefore ?? 0
      fc.pre(!facts.some((fact) => isDeletion(fact) && fact.at < notBefore(fact)))
      const applied = facts.flatMap((fact) => {
        const newName = newNameOf(renames, fact.repository, fact.at)
        if (newName !== undefined) movedCount += 1
        return newName === undefined
          ? [fact]
          : [...factsUnderOldName(fact, newName), ...factsUnderNewName(fact, newName)]
      })
      renameCount += renames.length
      const expected = [...repositories].flatMap(([name, { contents }]) =>
        [...contents].map(([digest, tags]) => `${name}@${digest} ${[...tags].sort()}`),
      )
      const found = modelOf(applied).images.map(
        ({ repository, digest, tags }) => `${repository}@${digest} ${tags.map(({ name }) => name).sort()}`,
      )
      expect(found.sort()).toEqual(expected.sort())
      const { pulls, lastPush } = modelOf(applied).counters
      expect({ pulls, lastPush }).toEqual({
        pulls: facts.filter(({ kind }) => kind === 'pull').length,
        lastPush: Math.max(0, ...facts.filter(({ kind }) => kind === 'push').map(({ at }) => at)),
      })
    }),
    { numRuns: 3000 },
  )
  expect(renameCount).toBeGreaterThan(500)
  expect(movedCount).toBeGreaterThan(500)
})
