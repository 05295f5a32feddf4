import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { baselinesOf } from '../../src/snapshot/baselines.ts'
import type { SnapshotInfo } from '../../src/snapshot/snapshot-key.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { answersOf, noProgress, type SnapshotBed, startBed } from './snapshot-bed.ts'

let bed: SnapshotBed
beforeAll(async () => {
  bed = await startBed()
})
afterAll(() => bed.close())
beforeEach(async () => {
  await bed.lose()
  for await (const { key } of bed.store.list('')) await bed.store.delete(key)
})

const at = Date.now() * 1000 - 60_000_000
const digest = (c: string) => `sha256:${c.repeat(64)}`
const push = (image: string, time = at): Fact => ({
  ...{ kind: 'push', repository: 'team/app', digest: digest(image), at: time, size: 500, tag: `v-${image}` },
  ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', extent: 'read', actor: 'ann' },
  references: [{ kind: 'blob', digest: digest('f'), size: 1_000 }],
})
const PROJECT = 'ci/team'
const later = () => Date.now() + 1

test('what the snapshot has and what came since are both there; each registry is reconciled', async () => {
  const { index, write } = bed.open()
  await index.apply(PROJECT, [push('a')])
  await write(noProgress)
  await bed.lose()

  const since = later()
  const { index: next, recover } = bed.open({ dataSince: () => since })
  // It comes before the snapshot is restored. Had it come before the loss, the index would be the same.
  await next.apply(PROJECT, [push('b', at + 1)])
  expect(await recover(noProgress)).toMatchObject({ projects: 1, reconciling: ['ci', 'production'] })
  const recovered = await answersOf(next)
  expect((await next.usage(PROJECT))?.tags).toBe(2)
  expect(bed.asked.reconciles).toEqual(['ci', 'production'])
  expect(bed.asked.rechecks).toEqual([PROJECT])
  expect(await bed.redis.get('t:restoring')).toBeNull()
  // It may run twice.
  await recover(noProgress)
  expect(await answersOf(next)).toEqual(recovered)
})

test('flags, ids of CI projects and instances of registries come back, unless there are newer ones', async () => {
  const state = {
    ...{ flag: 'over' as const, since: '2026-11-01T00:00:00Z', change: 3, toldAt: null, mark: 0.8 },
    ...{ pastSince: null, isEscalated: false, quota: 'q' },
  }
  const subject = { kind: 'project' as const, id: PROJECT }
  const { index, write, flags, ciProjects, instances } = bed.open()
  await index.apply(PROJECT, [push('a')])
  await flags.replace(subject, { text: '' }, { state, projects: ['x'] })
  await flags.replace({ kind: 'project', id: 'ci/other' }, { text: '' }, { state })
  await flags.replace({ kind: 'project', id: 'gone/app' }, { text: '' }, { state })
  await ciProjects.restore('https://gitlab.example.com team/app', '22')
  await instances.remember('ci', 'instance-1', 7)
  await write(noProgress)
  await bed.lose()
  const newer = { ...state, flag: 'warning' as const }
  await bed.open().flags.replace({ kind: 'project', id: 'ci/other' }, { text: '' }, { state: newer })

  const since = later()
  const next = bed.open({ dataSince: () => since })
  await next.recover(noProgress)
  expect(await next.flags.entry(subject)).toMatchObject({ state, projects: ['x'] })
  expect((await next.flags.raised()).map(({ id, flag }) => [id, flag])).toEqual([
    ['ci/other', 'warning'],
    [PROJECT, 'over'],
  ])
  expect(await next.ciProjects.all()).toEqual(new Map([['https://gitlab.example.com team/app', '22']]))
  expect(await next.instances.known('ci')).toEqual(new Map([['instance-1', 7]]))
})

test('of snapshots that are damaged or newer than the loss, none is restored; registries are reconciled all the same', async () => {
  const { index, write } = bed.open()
  await index.apply(PROJECT, [push('a')])
  const { key = '' } = await write(noProgress)
  await index.apply(PROJECT, [push('b')])
  const { key: newest } = await write(noProgress)
  await bed.lose()
  await bed.store.put(newest ?? '', 'damaged')
  const since = later()
  const next = bed.open({ dataSince: () => since })
  expect(await next.recover(noProgress)).toMatchObject({ key })
  expect((await next.index.usage(PROJECT))?.tags).toBe(1)

  await bed.lose()
  const early = bed.open({ dataSince: () => 1 })
  expect(await early.recover(noProgress)).toBeNull()
  expect(await early.index.projects('ci')).toEqual([])
  expect(bed.asked.reconciles).toEqual(['ci', 'production'])
  expect(await bed.redis.get('t:restoring')).toBeNull()
})

test('the baselines of replays are one snapshot a week, back to one from before the journal', () => {
  const DAY = 86_400_000
  const now = Date.parse('2026-11-27T12:00:00Z')
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 200 })),
      fc.integer({ min: 1, max: 120 }),
      (days, keep) => {
        const snapshots = days
          .toSorted((a, b) => a - b)
          .map(
            (day): SnapshotInfo => ({
              key: `${day}`,
              size: 1,
              createdAt: new Date(now - day * DAY).toISOString(),
            }),
          )
        const kept = baselinesOf(snapshots, now, keep * DAY)
        const weeks = kept.map(({ createdAt }) => Math.floor(Date.parse(createdAt) / (7 * DAY)))
        expect(new Set(weeks).size).toBe(kept.length)
        // Whatever time of the journal a replay begins at, the snapshot before it is at most a week older than the newest there was.
        for (let day = keep; day >= 0; day--) {
          const before = (all: readonly SnapshotInfo[]) =>
            Math.max(
              ...all.map(({ createdAt }) => Date.parse(createdAt)).filter((ms) => ms <= now - day * DAY),
            )
          const [best, chosen] = [before(snapshots), before(kept)]
          if (Number.isFinite(best)) expect(best - chosen).toBeLessThan(14 * DAY)
        }
      },
    ),
  )
})
