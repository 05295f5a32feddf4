import { describe, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { groupHistoryId } from '../../src/history/groups.ts'
import { makeHistories } from '../../src/history/histories.ts'
import { EMPTY, pointsOf, withSample } from '../../src/history/history.ts'
import { HOUR_MS } from '../../src/history/sample.ts'
import { makeTakeSamples } from '../../src/history/take-samples.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { projectIdsOf, usagesOf } from '../../src/usage/project-sizes.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const bed = useRedis()

const digest = (n: number) => `sha256:${n.toString(16).padStart(4, '0').repeat(16)}`
const push = (repository: string, n: number, blobs: number[], at = n): Fact => ({
  kind: 'push',
  ...{ repository, at, digest: digest(n), size: 10, tag: `v${n}` },
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  references: blobs.map((blob) => ({ kind: 'blob' as const, digest: digest(blob), size: 1000 })),
  extent: 'all',
})

const START = 495_000 * HOUR_MS
const PROJECT = 'ci/team/app'

function setUp() {
  const deps = { redis: bed.redis, prefix: 't' }
  const index = makeUsageIndex(deps)
  const histories = makeHistories(deps)
  const clock = { hour: 0 }
  const whole = new Set(['ci'])
  const makeRun = (over: Partial<Parameters<typeof makeTakeSamples>[0]> = {}) =>
    makeTakeSamples({
      registries: ['ci'],
      isWhole: async (registry) => whole.has(registry),
      idsOf: (registry) => projectIdsOf(deps, registry),
      usagesOf: (ids) => usagesOf(deps, ids),
      registryBytes: index.registryBytes,
      histories,
      onSample: async () => {},
      groupsOf: () => [],
      noteHours: { ofProjects: async () => {}, ofRegistry: async () => {} },
      now: () => START + clock.hour * HOUR_MS,
      ...over,
    })
  const uniqueOf = async (id: string) =>
    pointsOf((await histories.of(id)).hours).map(({ slot, sample }) => [slot - 495_000, sample.uniqueBytes])
  return { index, histories, clock, whole, makeRun, takeSamples: makeRun(), uniqueOf }
}

test('each hour has one sample of each project and registry; a missed hour is a gap', async () => {
  const { index, histories, clock, takeSamples, uniqueOf } = setUp()
  await index.apply(PROJECT, [push('team/app', 1, [101, 102])])
  await index.apply('ci/team/other', [push('team/other', 2, [101])])
  expect(await takeSamples()).toEqual({ projects: 2 })
  clock.hour = 1
  await index.apply(PROJECT, [push('team/app', 3, [103])])
  await takeSamples()
  await index.apply(PROJECT, [push('team/app', 4, [104])])
  // A second run in the same hour, such as one that is repeated after a kill.
  await takeSamples()
  clock.hour = 4
  await takeSamples()
  expect(await uniqueOf(PROJECT)).toEqual([
    [0, 2010],
    [1, 3020],
    [4, 4030],
  ])
  // In the registry, the blob 101 of both projects counts once.
  expect(await uniqueOf('ci')).toEqual([
    [0, 2020],
    [1, 3030],
    [4, 4040],
  ])
  const { hours, days } = await histories.of('ci')
  const sums = { exclusiveBytes: 3040, referencedBytes: 5040, tags: 4, manifests: 4 }
  expect(hours.at(-1)?.sample).toEqual({ uniqueBytes: 4040, ...sums })
  expect(days).toEqual([{ slot: 20_625, more: 0, sample: { uniqueBytes: 4040, ...sums } }])
})

test('a run that was killed half-way is made up for by the next, and no sample is counted twice', async () => {
  const { index, makeRun, takeSamples, uniqueOf, histories } = setUp()
  for (let n = 1; n <= 20; n++) await index.apply(`ci/team/app${n}`, [push(`team/app${n}`, n, [100 + n])])
  let written = 0
  const dying = makeRun({
    histories: {
      ...histories,
      async write(...given) {
        written += 1
        if (written > 7) throw new Error('killed')
        return histories.write(...given)
      },
    },
  })
  await expect(dying()).rejects.toThrow('killed')
  expect(await uniqueOf('ci')).toEqual([])
  await takeSamples()
  for (let n = 1; n <= 20; n++) expect(await uniqueOf(`ci/team/app${n}`)).toEqual([[0, 1010]])
  expect(await uniqueOf('ci')).toEqual([[0, 20 * 1010]])
})

test('a project whose hour cannot be noted holds up no history, and its registry is not noted for that hour', async () => {
  const { index, makeRun, takeSamples, uniqueOf } = setUp()
  await index.apply('ci/team/app', [push('team/app', 1, [101])])
  await index.apply('prod/team/app', [push('team/app', 1, [101])])
  const noted: string[] = []
  const run = makeRun({
    registries: ['ci', 'prod'],
    isWhole: async () => true,
    noteHours: {
      ofProjects: async (registry) => {
        if (registry === 'ci') throw new Error('unreadable image')
      },
      ofRegistry: async (registry) => noted.push(registry),
    },
  })
  await expect(run()).rejects.toThrow('unreadable image')
  for (const id of ['ci', 'ci/team/app', 'prod', 'prod/team/app']) expect(await uniqueOf(id)).toHaveLength(1)
  expect(noted).toEqual(['prod'])
  expect(await takeSamples()).toEqual({ projects: 1 })
})

test('two runs at once write one sample', async () => {
  const { index, takeSamples, uniqueOf } = setUp()
  await index.apply(PROJECT, [push('team/app', 1, [101])])
  await Promise.all([takeSamples(), takeSamples()])
  expect(await uniqueOf(PROJECT)).toEqual([[0, 1010]])
})

test('a worker that was frozen for hours does not undo newer samples', async () => {
  const { index, takeSamples, clock, histories, uniqueOf } = setUp()
  await index.apply(PROJECT, [push('team/app', 1, [101])])
  await takeSamples()
  const stale = await histories.of(PROJECT)
  clock.hour = 1
  await takeSamples()
  expect(await histories.write(PROJECT, stale)).toBe(false)
  expect(await uniqueOf(PROJECT)).toHaveLength(2)
})

test('a clock that was ahead once stops no later sample, and its own is cut out', async () => {
  const { index, takeSamples, clock, histories, uniqueOf } = setUp()
  await index.apply(PROJECT, [push('team/app', 1, [101])])
  await takeSamples()
  clock.hour = 95_000
  await takeSamples()
  clock.hour = 1
  await takeSamples()
  await takeSamples()
  clock.hour = 2
  await takeSamples()
  for (const id of [PROJECT, 'ci']) {
    expect((await uniqueOf(id)).map(([hour]) => hour)).toEqual([1, 2])
    expect(pointsOf((await histories.of(id)).days).map(({ slot }) => slot)).toEqual([20_625])
  }
})

test('a clock that was ahead for a few days loses nothing of the days before', async () => {
  const { index, takeSamples, clock, histories, uniqueOf } = setUp()
  await index.apply(PROJECT, [push('team/app', 1, [101])])
  for (const hour of [0, 24, 25, 100, 101, 26]) {
    clock.hour = hour
    await takeSamples()
  }
  expect((await uniqueOf(PROJECT)).map(([hour]) => hour)).toEqual([0, 24, 25, 26])
  expect(pointsOf((await histories.of(PROJECT)).days).map(({ slot }) => slot)).toEqual([20_625, 20_626])
})

test('the sample of a host whose clock is an hour ahead stays', async () => {
  const { index, takeSamples, clock, uniqueOf } = setUp()
  await index.apply(PROJECT, [push('team/app', 1, [101])])
  for (const hour of [0, 2, 1]) {
    clock.hour = hour
    await takeSamples()
  }
  expect((await uniqueOf(PROJECT)).map(([hour]) => hour)).toEqual([0, 2])
})

test('a worker that was frozen while it wrote replaces no sample of others, also after a clock that was ahead', async () => {
  const { index, takeSamples, makeRun, clock, histories, uniqueOf } = setUp()
  await index.apply(PROJECT, [push('team/app', 1, [101])])
  clock.hour = 95_000
  await takeSamples()
  clock.hour = 0
  let frozen = 0
  const run = makeRun({
    histories: {
      ...histories,
      async write(...given) {
        if (frozen++ === 0) {
          for (clock.hour = 1; clock.hour <= 5; clock.hour++) await takeSamples()
          expect(await histories.write(...given)).toBe(false)
        }
        return histories.write(...given)
      },
    },
  })
  await run()
  expect((await uniqueOf(PROJECT)).map(([hour]) => hour)).toEqual([1, 2, 3, 4, 5])
  expect((await uniqueOf('ci')).map(([hour]) => hour)).toEqual([1, 2, 3, 4, 5])
})

test('an index that is not whole, or empty, gets no sample', async () => {
  const { index, takeSamples, whole, uniqueOf } = setUp()
  expect(await takeSamples()).toEqual({ projects: 0 })
  expect(await uniqueOf('ci')).toEqual([])
  await index.apply(PROJECT, [push('team/app', 1, [101])])
  whole.clear()
  expect(await takeSamples()).toEqual({ projects: 0 })
  expect(await uniqueOf(PROJECT)).toEqual([])
})

test('a project that is forgotten loses its history, and a run that began before gives it none', async () => {
  const { index, takeSamples, histories } = setUp()
  await index.apply(PROJECT, [push('team/app', 1, [101])])
  await takeSamples()
  const history = await histories.of(PROJECT)
  await index.apply(PROJECT, [{ kind: 'drop', repository: 'team/app', at: 5 }])
  expect(await histories.stored(PROJECT)).toBeDefined()
  await index.forget(PROJECT, Date.now() * 1000 + 60_000_000)
  expect(await index.projects('ci')).toEqual([])
  expect(await histories.stored(PROJECT)).toBeUndefined()
  expect(await histories.write(PROJECT, history)).toBe(false)
  expect(await bed.redis.keys('*team/app*')).toEqual([])
})

test('whoever hears of samples gets each project, registry and group with its history', async () => {
  const { index, makeRun } = setUp()
  await index.apply(PROJECT, [push('team/app', 1, [101])])
  const heard: unknown[] = []
  await makeRun({
    groupsOf: () => [{ group: 'all', projects: ['**'] }],
    onSample: async ({ kind, id }, { hours }, projects) => heard.push([kind, id, hours.length, projects]),
  })()
  expect(heard).toEqual([
    ['project', PROJECT, 1, undefined],
    ['registry', 'ci', 1, undefined],
    ['group', 'all', 1, [PROJECT]],
  ])
})

describe('the history of a group', () => {
  const team = { group: 'team', projects: ['*/team/**'] }
  const groupsOf = (project: string) => (project.includes('/team/') ? [team] : [])

  test('has the sums of its projects, and is forgotten if it gets no samples any more', async () => {
    const { index, makeRun, histories, clock, uniqueOf } = setUp()
    for (const [n, name] of ['team/a', 'team/b', 'other/c'].entries())
      await index.apply(`ci/${name}`, [push(name, n + 1, [101])])
    await makeRun({ groupsOf })()
    clock.hour = 1
    await index.apply('ci/team/a', [push('team/a', 7, [102])])
    await makeRun({ groupsOf })()
    // What two projects share counts twice.
    expect(await uniqueOf(groupHistoryId(team))).toEqual([
      [0, 2020],
      [1, 3030],
    ])
    expect((await histories.of(groupHistoryId(team))).days[0]?.sample).toMatchObject({
      tags: 3,
      manifests: 3,
    })
    expect(await bed.redis.ttl(`t:{${groupHistoryId(team)}}:history`)).toBeGreaterThan(89 * 86_400)
    // With other projects it is another group.
    expect(await uniqueOf(groupHistoryId({ ...team, projects: ['**'] }))).toEqual([])
  })

  test('has no sample while a registry is not whole: its sum would be too small', async () => {
    const { index, makeRun, uniqueOf } = setUp()
    await index.apply('ci/team/a', [push('team/a', 1, [101])])
    await index.apply('new/team/b', [push('team/b', 2, [101])])
    await makeRun({ groupsOf, registries: ['ci', 'new'] })()
    expect(await uniqueOf('ci')).toHaveLength(1)
    expect(await uniqueOf(groupHistoryId(team))).toEqual([])
  })
})

test('what a history takes in Redis, in bytes', async () => {
  const { index, histories } = setUp()
  await index.apply(PROJECT, [push('team/app', 1, [101])])
  const measure = async (sampleOfHour: (hour: number) => number) => {
    let history = EMPTY
    for (let hour = 0; hour < 24 * 731; hour++) {
      const bytes = 5e10 + sampleOfHour(hour)
      const sample = {
        uniqueBytes: bytes,
        exclusiveBytes: bytes,
        referencedBytes: 9 * bytes,
        tags: 7,
        manifests: 9,
      }
      history = withSample(history, 480_000 + hour, sample)
    }
    await bed.redis.del('t:{ci/team/app}:history')
    await histories.write(PROJECT, history)
    return Number(await bed.redis.memory('USAGE', 't:{ci/team/app}:history'))
  }
  const [idle, busy] = [await measure(() => 0), await measure((hour) => hour * 123_456_789)]
  expect(idle).toBeLessThan(200)
  expect(busy).toBeLessThan(24_576)
})
