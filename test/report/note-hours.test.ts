import { describe, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { DAYS_KEPT } from '../../src/history/history.ts'
import { HOUR_MS } from '../../src/history/sample.ts'
import { monthBefore } from '../../src/report/month.ts'
import { makeMonths } from '../../src/report/months.ts'
import { makeNoteHours } from '../../src/report/note-hours.ts'
import { makeReadHeld } from '../../src/report/read-held.ts'
import { pusherRows } from '../../src/report/report.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { usagesOf } from '../../src/usage/project-sizes.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'
import { HOURS, OCTOBER } from './held.ts'

const bed = useRedis()

const digest = (n: number) => `sha256:${n.toString(16).padStart(4, '0').repeat(16)}`
/** A push of a manifest of 10 bytes with blobs of 1,000 bytes. Its number is its time. */
const push = (
  n: number,
  blobs: number[],
  more: { actor?: string; tag?: string; children?: number[] } = {},
): Fact => ({
  kind: 'push',
  ...{ repository: 'team/app', at: n, digest: digest(n), size: 10 },
  ...('tag' in more ? { tag: more.tag } : { tag: `v${n}` }),
  ...(more.actor !== undefined && { actor: more.actor }),
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  references: [
    ...blobs.map((blob) => ({ kind: 'blob' as const, digest: digest(blob), size: 1000 })),
    ...(more.children ?? []).map((child) => ({ kind: 'child' as const, digest: digest(child), size: 0 })),
  ],
  extent: 'all',
})
const PROJECT = 'ci/team/app'

function setUp(keepsNames = true) {
  const deps = { redis: bed.redis, prefix: 't' }
  const index = makeUsageIndex(deps)
  const months = makeMonths(deps)
  const held = makeReadHeld({ ...deps, index })
  const reads: string[] = []
  const clock = { hour: 0 }
  const noteHours = makeNoteHours({
    months,
    readHeld: {
      ...held,
      async byPusher(id) {
        reads.push(id)
        return held.byPusher(id)
      },
    },
    keepsNames: () => keepsNames,
    now: () => (OCTOBER.from + clock.hour) * HOUR_MS,
  })
  /** Takes the sample of an hour of October. */
  const sample = async (hour: number) => {
    clock.hour = hour
    const usages = await usagesOf(deps, await index.projects('ci'))
    const found = usages.filter((usage) => usage !== undefined)
    await noteHours.ofProjects('ci', OCTOBER.from + hour, found)
    await noteHours.ofRegistry('ci', OCTOBER.from + hour, {
      ...{ uniqueBytes: await index.registryBytes('ci'), exclusiveBytes: 0 },
    })
  }
  const entries = () => months.allOf('ci', OCTOBER)
  const bytesBy = async () =>
    Object.fromEntries(
      Object.entries((await entries()).get('team/app')?.pushers ?? {}).map(([name, { to }]) => [name, to]),
    )
  return { index, months, reads, sample, entries, bytesBy }
}

describe('what a pusher holds', () => {
  test('is what the pushes brought that are still there, each content once', async () => {
    const { index, sample, bytesBy, entries } = setUp()
    await index.apply(PROJECT, [push(1, [101, 102], { actor: 'ann' })])
    await index.apply(PROJECT, [push(2, [101, 103], { actor: 'bob' })])
    await index.apply(PROJECT, [push(3, [104])])
    await sample(0)
    expect(await bytesBy()).toEqual({ ann: 2010, bob: 1010 })
    expect((await entries()).get('team/app')?.to).toBe(4030)
    // The layer that ann brought is bob's now: his image alone has it.
    await index.apply(PROJECT, [{ kind: 'delete', repository: 'team/app', at: 9, digest: digest(1) }])
    await sample(1)
    expect(await bytesBy()).toEqual({ ann: 0, bob: 2010 })
    const rows = pusherRows(
      { registry: 'ci', month: OCTOBER, entries: await entries(), price: undefined },
      () => true,
    )
    expect(rows.map(({ kind, name, byteHours }) => [kind, name, byteHours])).toEqual([
      ['pusher', 'bob', 3020],
      ['pusher', 'ann', 2010],
      ['unknown', null, 2020],
    ])
  })

  test('has what an index lists, and images whose tag another push took', async () => {
    const { index, sample, bytesBy } = setUp()
    await index.apply(PROJECT, [push(1, [101], { tag: undefined as unknown as string })])
    await index.apply(PROJECT, [push(2, [], { children: [1], actor: 'ann' })])
    await index.apply(PROJECT, [push(3, [102], { tag: 'latest', actor: 'bob' })])
    await index.apply(PROJECT, [push(4, [103], { tag: 'latest', actor: 'eve' })])
    await sample(0)
    expect(await bytesBy()).toEqual({ ann: 1020, bob: 1010, eve: 1010 })
    // A month later nothing tells who pushed what has no tag.
    await bed.redis.del('t:{ci/team/app}:pushes')
    await index.apply(PROJECT, [push(5, [], { actor: 'eve' })])
    await sample(1)
    expect(await bytesBy()).toEqual({ ann: 1020, bob: 0, eve: 1020 })
  })

  test('is read again only if the project has changed, also in a new month', async () => {
    const { index, months, sample, reads, bytesBy } = setUp()
    await index.apply(PROJECT, [push(1, [101], { actor: 'ann' })])
    for (const hour of [-2, -1, 0, 1]) await sample(hour)
    expect(reads).toEqual([PROJECT])
    expect(await bytesBy()).toEqual({ ann: 1010 })
    expect((await months.allOf('ci', monthBefore(OCTOBER))).get('team/app')).toMatchObject({
      ...{ hours: 2, byteHours: 2020, pushers: { ann: { byteHours: 2020, from: 1010, to: 1010 } } },
    })
    await index.apply(PROJECT, [{ kind: 'delete', repository: 'team/app', at: 9, digest: digest(1) }])
    await sample(2)
    expect(reads).toHaveLength(2)
  })

  test('is not kept with actors: false', async () => {
    const { index, sample, entries, reads } = setUp(false)
    await index.apply(PROJECT, [push(1, [101], { actor: 'ann' })])
    await sample(0)
    expect((await entries()).get('team/app')).toMatchObject({ byteHours: 1010, pushers: {} })
    expect(reads).toEqual([])
  })
})

test('a sample that comes twice, or late, changes nothing', async () => {
  const { index, sample, entries } = setUp()
  await index.apply(PROJECT, [push(1, [101])])
  await Promise.all([sample(5), sample(5)])
  await sample(5)
  await sample(4)
  expect((await entries()).get('team/app')).toMatchObject({ hours: 1, byteHours: 1010 })
  expect((await entries()).get('')).toMatchObject({ hours: 1, byteHours: 1010 })
})

test('samples go on after a clock that was ahead, and each hour counts once', async () => {
  const { index, sample, entries } = setUp()
  await index.apply(PROJECT, [push(1, [101])])
  // The hours 3 and 4 were taken for 300 and 301.
  for (const hour of [0, 1, 2, 300, 301, 5, 5, 6]) await sample(hour)
  for (const path of ['team/app', ''])
    expect((await entries()).get(path)).toMatchObject({
      ...{ hours: 7, byteHours: 7 * 1010, from: 1010, to: 1010 },
      ...{ firstHour: OCTOBER.from, lastHour: OCTOBER.from + 6 },
    })
})

test('a project that is forgotten stays in its month, and the month is forgotten two years after its end', async () => {
  const { index, sample, entries } = setUp()
  await index.apply(PROJECT, [push(1, [101])])
  await index.apply('ci/team/other', [push(2, [101])])
  await sample(0)
  await index.apply(PROJECT, [{ kind: 'drop', repository: 'team/app', at: 5 }])
  await index.forget(PROJECT, Date.now() * 1000 + 60_000_000)
  await sample(1)
  expect((await entries()).get('team/app')).toMatchObject({
    hours: 1,
    byteHours: 1010,
    lastHour: OCTOBER.from,
  })
  expect(await bed.redis.expiretime('t:{ci}:month:2026-10')).toBe(
    (OCTOBER.to * HOUR_MS) / 1000 + DAYS_KEPT * 86_400,
  )
})

test('what a month takes in Redis, in bytes', async () => {
  const { months } = setUp()
  const part = { byteHours: 123_456_789_012 * HOURS, from: 123_456_789_012, to: 123_456_789_012 }
  const measure = async (pushers: number) => {
    await bed.redis.flushall()
    const entry = {
      ...{ firstHour: OCTOBER.from, lastHour: OCTOBER.to - 1, hours: HOURS, ...part },
      ...{
        exclusiveByteHours: part.byteHours,
        others: part,
        version: 'abcdefghij',
      },
      pushers: Object.fromEntries(Array.from({ length: pushers }, (_, n) => [`pusher-${n}`, part])),
    }
    const entries = Array.from({ length: 1000 }, (_, n) => [`team-${n}/application`, entry] as const)
    await months.write('ci', OCTOBER, entries)
    return Number(await bed.redis.memory('USAGE', 't:{ci}:month:2026-10', 'SAMPLES', 0)) / 1000
  }
  const [one, many] = [await measure(1), await measure(50)]
  expect(one).toBeLessThan(400)
  expect(many).toBeLessThan(4_000)
})
