import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ExpiryRun } from '../../src/expiry/decision.ts'
import { runIdentity } from '../../src/expiry/run-id.ts'
import { makeExpiryRuns, summaryOf } from '../../src/expiry/runs.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { sampleRun } from './sample-run.ts'

const DAY_MS = 86_400_000

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-runs-'))
})
afterEach(() => rm(folder, { recursive: true }))

function setUp(nowMs = 0) {
  const store = makeFolderStore({ path: folder })
  const fail = (error: Error) => {
    throw error
  }
  const runs = makeExpiryRuns({
    ...{ store, keepMs: 365 * DAY_MS, now: () => nowMs },
    ...{ onUnreadable: (_, error) => fail(error), onError: fail },
  })
  return { store, runs }
}

const deletes = (count: number): ExpiryRun['deletes'] =>
  Array.from({ length: count }, (_, n) => ({
    ...{
      project: 'ci/app',
      repository: 'app',
      digest: `sha256:${n}`,
      tags: [`pr-${n}`],
      rule: 'expire pr-*',
    },
    ...{ verdict: 'delete' as const, reason: 'it is old', outcome: n % 3 === 0 ? 'moved' : 'deleted' },
  }))
/** A run of this time with so many deletes. */
const run = (key: string, count: number, more: { at?: string; dryRun?: boolean } = {}): ExpiryRun => {
  const { at = '2026-11-23T10:00:00.000Z', dryRun = false } = more
  return sampleRun({ ...runIdentity(Date.parse(at), key), kept: 7, dryRun, deletes: deletes(count) })
}

test('runs are listed without their deletes, whose pages are read apart', async () => {
  const { store, runs } = setUp()
  const big = run('big', 2_500)
  await runs.append(big)
  const get = vi.spyOn(store, 'get')
  const { deletes: _, ...summary } = big
  expect(await runs.recent(10)).toEqual([
    {
      ...summary,
      outcomes: {
        ...{ planned: 0, plannedTags: 0, deleted: 1_666, untagged: 0 },
        ...{ absent: 0, moved: 834, refused: 0, failed: 0 },
      },
    },
  ])
  expect(get).toHaveBeenCalledTimes(1)
  const all = deletes(2_500)
  expect(await runs.deletes(big.id, 0, 3)).toEqual(all.slice(0, 3))
  expect(get).toHaveBeenCalledTimes(2)
  expect(await runs.deletes(big.id, 990, 1_001)).toEqual(all.slice(990, 1_991))
  expect(await runs.deletes(big.id, 2_499, 5)).toEqual(all.slice(2_499))
  expect(await runs.deletes(big.id, 3_000, 5)).toEqual([])
})

test('a run without deletes has an empty list, and an unknown run has none', async () => {
  const { runs } = setUp()
  const idle = run('idle', 0)
  await runs.append(idle)
  expect(await runs.deletes(idle.id, 0, 5)).toEqual([])
  expect(await runs.deletes('idl', 0, 5)).toBeUndefined()
})

test('a run is found by its id, of either kind', async () => {
  const { runs } = setUp()
  const real = run('real', 1)
  const dry = run('dry', 1, { dryRun: true })
  await runs.append(real)
  await runs.append(dry)
  expect(await runs.get(real.id)).toEqual(summaryOf(real))
  expect(await runs.get(dry.id)).toEqual(summaryOf(dry))
  for (const id of ['', 'real', run('other', 0).id, real.id.replace('1123T', '1340T')])
    expect(await runs.get(id)).toBeUndefined()
})

test('runs of both kinds are one list, the newest first, in pages of any size', async () => {
  const { runs } = setUp()
  const all = Array.from({ length: 9 }, (_, n) =>
    run(`r${n}`, 0, { at: `2026-11-2${n % 3}T1${n}:00:00.000Z`, dryRun: n % 2 === 0 }),
  )
  for (const one of all) await runs.append(one)
  const expected = all.map(({ id }) => id).sort((a, b) => (a < b ? 1 : -1))
  for (const size of [1, 2, 4]) {
    const found: string[] = []
    for (let after: string | undefined; ; ) {
      const page = await runs.recent(size, after)
      found.push(...page.map(({ id }) => id))
      const last = page.at(-1)
      if (last === undefined) break
      after = runs.positionOf(last)
    }
    expect(found).toEqual(expected)
  }
})

test('dry runs are forgotten after a week, runs that deleted after `records.keep`, each with its deletes', async () => {
  const { store, runs } = setUp(Date.parse('2026-11-23T12:00:00Z'))
  const ages = [400, 8, 6].map((days) => new Date(Date.parse('2026-11-23T10:00:00Z') - days * DAY_MS))
  for (const at of ages.map((age) => age.toISOString()))
    for (const dryRun of [false, true]) {
      // Each process looks for old ones at its first record.
      const quiet = setUp(0).runs
      await quiet.append(run(`${dryRun}`, 1_001, { at, dryRun }))
    }
  const now = { real: run('real', 1), dry: run('dry', 1, { dryRun: true }) }
  await runs.append(now.real)
  await runs.append(now.dry)
  const left = (await runs.recent(10)).map(({ id, dryRun }) => [id.slice(0, 8), dryRun])
  expect(left.sort()).toEqual([
    ['20261115', false],
    ['20261117', false],
    ['20261117', true],
    ['20261123', false],
    ['20261123', true],
  ])
  const keys = (await Array.fromAsync(store.list('expiry-deletes/'))).map(({ key }) => key)
  expect(keys).toHaveLength(3 * 2 + 2)
})

test('a run that grows is stored without what is stored already', async () => {
  const { store, runs } = setUp()
  const put = vi.spyOn(store, 'put')
  const stored = () => put.mock.calls.splice(0).map(([key]) => key.replace(/^.*-(\d+)\.json\.zst$/, '$1'))
  await runs.append(run('grows', 2_500))
  expect(stored().slice(0, -1)).toEqual(['0', '1', '2'])
  await runs.append(run('grows', 3_100), 2_500)
  expect(stored().slice(0, -1)).toEqual(['2', '3'])
  expect(await runs.earlier(run('grows', 0).id)).toEqual(deletes(3_100))
})

test('a later attempt of a run that has fewer deletes leaves none of the earlier ones behind', async () => {
  const { store, runs } = setUp()
  const { id } = run('again', 0)
  await runs.append(run('again', 2_500))
  await runs.append(run('again', 1_000))
  expect(await runs.earlier(id)).toEqual(deletes(1_000))
  expect(await runs.deletes(id, 0, 5_000)).toHaveLength(1_000)
  await runs.append(run('again', 0))
  expect(await runs.deletes(id, 0, 5_000)).toEqual([])
  const keys = (await Array.fromAsync(store.list('expiry-deletes/'))).map(({ key }) => key)
  expect(keys).toEqual([`expiry-deletes/${id}-0.json.zst`])
})
