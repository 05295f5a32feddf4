import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import { anyFact } from '../../lab/facts.ts'
import { digest } from '../../lab/images.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeSnoozes } from '../../src/alerts/snoozes.ts'
import { makeTakeAlong } from '../../src/compose/take-along.ts'
import { makeMoveRepositories } from '../../src/events/move-repositories.ts'
import { makeHistories } from '../../src/history/histories.ts'
import { EMPTY, type History, withSample } from '../../src/history/history.ts'
import { NOTHING } from '../../src/history/sample.ts'
import { projectSubject } from '../../src/queue/quota-subject.ts'
import { NEVER } from '../../src/quota/evaluate.ts'
import { makeFlags } from '../../src/quota/flags.ts'
import { makeOverrides } from '../../src/quota/overrides.ts'
import type { Fact, ManifestPush } from '../../src/usage/fact.ts'
import { projectId } from '../../src/usage/project.ts'
import { makeRenameTable } from '../../src/usage/rename-table.ts'
import { factsUnderNewName, factsUnderOldName, newNameOf } from '../../src/usage/renames.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

let runs = 0
/** A new index of a registry `ci` whose projects are the first two segments. */
function makeBed() {
  runs += 1
  const at = { redis: bed.redis, prefix: `t${runs}` }
  const index = makeUsageIndex(at)
  const renames = makeRenameTable(at)
  const histories = makeHistories(at)
  const [overrides, snoozes] = [makeOverrides({ ...at, now: Date.now }), makeSnoozes(at)]
  const flags = makeFlags(at)
  const looked: string[] = []
  const [rechecked, reconciled]: [string[][], string[][]] = [[], []]
  const projectOf = (_: string, repository: string) => repository.split('/').slice(0, 2).join('/')
  const deps = {
    ...{ index, renames, projectOf },
    takeAlong: makeTakeAlong({ histories, overrides, snoozes, flags }),
    look: async (project: string) => void looked.push(project),
    recheckQuotas: async (projects: string[]) => void rechecked.push(projects),
    enqueueReconcile: async (registry: string, reason: string) => void reconciled.push([registry, reason]),
  }
  const put = (fact: Fact) => index.apply(projectId('ci', projectOf('ci', fact.repository)), [fact])
  return {
    ...{ index, renames, histories, overrides, snoozes, flags, looked, rechecked, reconciled, deps },
    move: makeMoveRepositories(deps),
    /** Applies facts as the events worker does. */
    async tell(...facts: Fact[]) {
      for (const fact of facts) {
        const route = newNameOf(await renames.of('ci'), fact.repository, fact.at)
        const placed = route ? [...factsUnderOldName(fact, route), ...factsUnderNewName(fact, route)] : [fact]
        for (const one of placed) await put(one)
      }
    },
    async images(...paths: string[]) {
      const all = await Promise.all(paths.map((path) => allImages(index, projectId('ci', path))))
      return all
        .flat()
        .map(({ repository, digest, tags, size, age, pulledAt }) =>
          JSON.stringify({ repository, digest, tags, size, age, pulledAt }),
        )
        .sort()
    },
  }
}

const push = (repository: string, name: string, at: number, tag?: string): ManifestPush => ({
  ...{ kind: 'push', repository, at, digest: digest(name), size: 500, mediaType: '' },
  ...(tag !== undefined && { tag }),
  references: [{ kind: 'blob', digest: digest(`${name} layer`), size: 1000 }],
  extent: 'all',
})
const rename = (from: string, to: string, at: number) => ({
  kind: 'rename' as const,
  registry: 'ci',
  from,
  to,
  at,
})
/** The age of what was pushed at a time. */
const heard = (at: number) => ({ at, source: 'event' })
const shown = (
  repository: string,
  name: string,
  tags: Record<string, number>,
  pushedAt: number,
  pulledAt = 0,
) =>
  JSON.stringify({
    ...{ repository, digest: digest(name) },
    tags: Object.entries(tags).map(([name, at]) => ({ name, age: heard(at) })),
    ...{ size: 500, age: heard(pushedAt), pulledAt },
  })

const S = 1_000_000

test('a repository and those below it move with tags, times and links; later pushes and neighbours stay', async () => {
  const bed = makeBed()
  await bed.tell(
    push('g/a', 'base', 10 * S, 'v1'),
    { ...push('g/a', 'base', 12 * S), kind: 'pull', id: 'p', tag: 'v1' },
    push('g/a/x', 'nested', 11 * S, 'v2'),
    { kind: 'link', repository: 'g/a/x', at: 12 * S, digest: digest('loose'), size: 77 },
    push('g/ab', 'neighbour', 11 * S, 'v3'),
    // Under another tag: the index knows only the last writer of each tag, and a reconcile finds the others.
    push('g/a', 'newer', 31 * S, 'v9'),
  )
  const before = await bed.index.usage('ci/g/a')
  expect(await bed.move(rename('g/a', 'h/b', 30 * S))).toEqual({ facts: 6 })

  const moved = [
    shown('h/b', 'base', { v1: 10 * S }, 10 * S, 12 * S),
    shown('h/b/x', 'nested', { v2: 11 * S }, 11 * S),
  ]
  expect(await bed.images('h/b')).toEqual(moved.sort())
  expect(await bed.images('g/a')).toEqual([shown('g/a', 'newer', { v9: 31 * S }, 31 * S)])
  expect(await bed.images('g/ab')).toEqual([shown('g/ab', 'neighbour', { v3: 11 * S }, 11 * S)])
  expect(await bed.index.usage('ci/h/b')).toMatchObject({
    ...{ uniqueBytes: 3000, referencedBytes: 3000, exclusiveBytes: 3000, unreferencedBytes: 77 },
    // A pull counts under the name where it happened.
    ...{ pulls: 0, lastPushAt: 0, lastPullAt: 0, unresolved: 0 },
  })
  const { pulls, lastPullAt } = before ?? {}
  expect(await bed.index.usage('ci/g/a')).toMatchObject({
    uniqueBytes: 1500,
    unreferencedBytes: 0,
    pulls,
    lastPullAt,
  })
  expect(await bed.index.registryBytes('ci')).toBe(3000 + 1500 + 1500)
  expect(bed.rechecked).toEqual([['ci/g/a', 'ci/h/b']])
  expect(bed.reconciled).toEqual([['ci', 'g/a was renamed to h/b']])
})

test('a namespace moves with all of its projects, also within one project', async () => {
  const bed = makeBed()
  await bed.tell(push('g/a/x', 'one', 10 * S, 'v1'), push('g/b', 'two', 11 * S, 'v1'))
  await bed.move(rename('g', 'h/deep', 20 * S))
  expect(await bed.images('g/a', 'g/b')).toEqual([])
  const expected = [
    shown('h/deep/a/x', 'one', { v1: 10 * S }, 10 * S),
    shown('h/deep/b', 'two', { v1: 11 * S }, 11 * S),
  ]
  expect(await bed.images('h/deep')).toEqual(expected.sort())
  await bed.move(rename('h/deep/a', 'h/deep/c', 30 * S))
  expect(await bed.images('h/deep')).toEqual(
    [
      shown('h/deep/c/x', 'one', { v1: 10 * S }, 10 * S),
      shown('h/deep/b', 'two', { v1: 11 * S }, 11 * S),
    ].sort(),
  )
})

test('an older deletion under the new name does not delete what moves there', async () => {
  const bed = makeBed()
  await bed.tell(
    push('g/a', 'one', 10 * S, 'v1'),
    push('g/a', 'two', 21 * S, 'v2'),
    { ...push('g/a', 'two', 22 * S), kind: 'pull', id: 'p' },
    ...[push('h/b', 'one', 11 * S, 'v1'), push('h/b', 'two', 24 * S, 'v2')],
    { kind: 'drop', repository: 'h/b', at: 20 * S },
    { kind: 'delete', repository: 'h/b', digest: digest('two'), at: 25 * S },
  )
  await bed.move(rename('g/a', 'h/b', 30 * S))
  expect(await bed.images('h/b')).toEqual(
    [
      shown('h/b', 'one', { v1: 20 * S + 1 }, 20 * S + 1),
      // The tag moves with the manifest.
      shown('h/b', 'two', { v2: 25 * S + 1 }, 25 * S + 1, 30 * S + 1),
    ].sort(),
  )
})

test('two repositories swap names, in any order of the jobs', async () => {
  const swap = [rename('g/a', 'g/tmp', 20 * S), rename('g/b', 'g/a', 30 * S), rename('g/tmp', 'g/b', 40 * S)]
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [0, 2, 1],
  ]
  for (const order of orders) {
    const bed = makeBed()
    await bed.tell(push('g/a', 'one', 10 * S, 'v1'), push('g/b', 'two', 11 * S, 'v2'))
    for (const one of swap) await bed.renames.add('ci', one)
    for (const i of order) await bed.move(swap[i] ?? rename('', '', 0))
    const paths = ['g/a', 'g/b', 'g/tmp']
    const names = (await bed.images(...paths)).map((image) => JSON.parse(image))
    expect(names.map(({ repository, digest: d, tags }) => [repository, d, tags[0]?.name]).sort()).toEqual([
      ['g/a', digest('two'), 'v2'],
      ['g/b', digest('one'), 'v1'],
    ])
    const again = await bed.images(...paths)
    for (const one of swap) await bed.move(one)
    expect(await bed.images(...paths)).toEqual(again)
  }
})

test('a move that is cut short anywhere and runs again ends the same', async () => {
  const facts = [push('g/a', 'one', 10 * S, 'v1'), push('g/a/x', 'two', 11 * S, 'v2')]
  const gone: Fact[] = [
    push('g/a', 'three', 12 * S, 'v3'),
    { kind: 'delete', repository: 'g/a', digest: digest('three'), at: 13 * S },
    { kind: 'untag', repository: 'g/a', tag: 'v3', at: 13 * S },
  ]
  let calls = 0
  for (let last = 0; last < 4; last++) {
    const bed = makeBed()
    await bed.tell(...facts, ...gone)
    calls = 0
    const cut = makeMoveRepositories({
      ...bed.deps,
      index: {
        ...bed.index,
        async apply(project, facts) {
          if (calls++ === last) throw new Error('cut')
          return bed.index.apply(project, facts)
        },
      },
    })
    const job = rename('g/a', 'h/b', 20 * S)
    if (last < 3) await expect(cut(job)).rejects.toThrow('cut')
    await bed.move(job)
    await bed.move(job)
    expect(await bed.images('g/a')).toEqual([])
    expect(await bed.images('h/b')).toEqual(
      [shown('h/b', 'one', { v1: 10 * S }, 10 * S), shown('h/b/x', 'two', { v2: 11 * S }, 11 * S)].sort(),
    )
  }
})

test('a project that gets another name as a whole keeps its history; one that had a history keeps its own', async () => {
  const histories = (before: History, hour: number) =>
    withSample(before, hour, { ...NOTHING, uniqueBytes: hour })
  const [one, other] = [histories(histories(EMPTY, 100), 101), histories(EMPTY, 99)]
  const bed = makeBed()
  await bed.tell(push('g/a', 'one', 10 * S, 'v1'), push('g/a/x', 'two', 11 * S, 'v2'))
  await bed.histories.write('ci/g/a', one)
  await bed.move(rename('g/a', 'h/b', 20 * S))
  expect(await bed.histories.of('ci/h/b')).toEqual(one)

  const part = makeBed()
  await part.tell(push('g/a', 'one', 10 * S, 'v1'), push('g/a/x', 'two', 11 * S, 'v2'))
  await part.histories.write('ci/g/a', one)
  await part.move(rename('g/a/x', 'g/part', 15 * S))
  expect(await part.histories.of('ci/g/part')).toEqual(EMPTY)

  await bed.tell(push('g/c', 'three', 30 * S, 'v1'))
  await bed.histories.write('ci/g/c', other)
  await bed.move(rename('h/b', 'g/c', 40 * S))
  expect(await bed.histories.of('ci/g/c')).toEqual(other)
})

describe('the override, the snooze and the flag of a project', () => {
  const override = { limit: 9, by: 'ann', why: null, since: '2026-05-01T10:00:00.000Z', until: null }
  const over = { ...NEVER, flag: 'over' as const, since: '2026-05-01T10:00:00.000Z', change: 3 }
  const setUp = async () => {
    const bed = makeBed()
    const { overrides, snoozes, flags } = bed
    await bed.tell(push('g/a', 'one', 10 * S, 'v1'), push('g/a/x', 'two', 11 * S, 'v2'))
    await overrides.set('ci/g/a', override)
    await snoozes.add({ project: 'ci/g/a', by: 'ann', why: 'a move' }, 60_000)
    const entry = await flags.entry(projectSubject('ci/g/a'))
    await flags.replace(projectSubject('ci/g/a'), entry, { state: over })
    await flags.raised()
    const kept = async () => ({
      overrides: Object.fromEntries(await overrides.all()),
      snoozes: (await snoozes.list()).map(({ project, why }) => [project, why]),
      flags: Object.fromEntries(await flags.all('project')),
      raised: (await flags.raised()).map(({ id, flag }) => [id, flag]),
    })
    return { ...bed, kept }
  }
  const allOf = (project: string) => ({
    overrides: { [project]: override },
    snoozes: [[project, 'a move']],
    flags: { [project]: over },
    raised: [[project, 'over']],
  })

  test('go along when it gets another name as a whole, once, and the flag is looked at', async () => {
    const bed = await setUp()
    const job = rename('g/a', 'h/b', 20 * S)
    await bed.move(job)
    expect(await bed.kept()).toEqual(allOf('ci/h/b'))
    expect(bed.looked).toEqual(['ci/h/b'])
    // What a person takes back does not come back when the job runs again.
    await bed.overrides.remove('ci/h/b')
    expect(await bed.snoozes.remove('ci/h/b')).toMatchObject({ project: 'ci/h/b' })
    await bed.move(job)
    expect(await bed.kept()).toEqual({ ...allOf('ci/h/b'), overrides: {}, snoozes: [] })
  })

  test('stay when a part of it gets another name, and when all moves within it', async () => {
    const bed = await setUp()
    await bed.move(rename('g/a/x', 'g/part', 15 * S))
    expect(await bed.kept()).toEqual(allOf('ci/g/a'))
    await bed.move(rename('g/a', 'g/a/deep', 20 * S))
    expect(await bed.kept()).toEqual(allOf('ci/g/a'))
  })

  test('stay if the new name has its own', async () => {
    const bed = await setUp()
    const warning = { ...over, flag: 'warning' as const }
    await bed.overrides.set('ci/h/b', { ...override, limit: 7 })
    await bed.snoozes.add({ project: 'ci/h/b', by: null, why: 'its own' }, 60_000)
    await bed.flags.replace(projectSubject('ci/h/b'), { text: '' }, { state: warning })
    await bed.move(rename('g/a', 'h/b', 20 * S))
    expect(await bed.kept()).toEqual({
      overrides: { 'ci/g/a': override, 'ci/h/b': { ...override, limit: 7 } },
      snoozes: [
        ['ci/g/a', 'a move'],
        ['ci/h/b', 'its own'],
      ],
      flags: { 'ci/g/a': over, 'ci/h/b': warning },
      raised: [
        ['ci/g/a', 'over'],
        ['ci/h/b', 'warning'],
      ],
    })
  })

  test('go along once if the job is cut short anywhere', async () => {
    const moved = ['overrides', 'snoozes', 'flags'] as const
    for (const name of moved) {
      const bed = await setUp()
      const cut = () => Promise.reject(new Error('cut'))
      const parts = { ...bed, [name]: { ...bed[name], move: cut } }
      const job = rename('g/a', 'h/b', 20 * S)
      await expect(
        makeMoveRepositories({ ...bed.deps, takeAlong: makeTakeAlong(parts) })(job),
      ).rejects.toThrow('cut')
      await bed.move(job)
      expect(await bed.kept()).toEqual(allOf('ci/h/b'))
    }
  })
})

test('the result does not depend on which facts arrive before the move and which after', async () => {
  const renamedAt = 1_795_449_746_518_381 + 30 * S
  // All facts are from before the rename, 1 µs apart, so that no two have the same time.
  const history = fc
    .array(anyFact, { minLength: 1, maxLength: 30 })
    .map((facts) => facts.map((fact, i) => ({ ...fact, at: fact.at + i })))
  let [moved, late] = [0, 0]
  await fc.assert(
    fc.asyncProperty(history, fc.infiniteStream(fc.boolean()), async (facts, coin) => {
      const early = facts.filter(() => coin.next().value)
      const rest = facts.filter((fact) => !early.includes(fact))
      const [all, split] = [makeBed(), makeBed()]
      const job = rename('team/app', 'g/new', renamedAt)
      await all.tell(...facts)
      await all.move(job)
      await split.tell(...early)
      await split.move(job)
      await split.tell(...rest)
      const expected = await all.images('g/new', 'team/app')
      expect(await split.images('g/new', 'team/app')).toEqual(expected)
      expect(expected.filter((image) => image.includes('"team/app'))).toEqual([])
      moved += expected.length
      late += rest.length
      const count = async (bed: typeof all) => {
        const { pulls, scans, lastPushAt, lastPullAt } = (await bed.index.usage('ci/team/app')) ?? {}
        return { pulls, scans, lastPushAt, lastPullAt }
      }
      expect(await count(split)).toEqual(await count(all))
    }),
    { numRuns: 150 },
  )
  expect(Math.min(moved, late)).toBeGreaterThan(100)
})
