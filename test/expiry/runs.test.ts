import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type ExpiryRun, RunSummary } from '../../src/expiry/decision.ts'
import { makeExpiryRuns } from '../../src/expiry/runs.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { makeJournal } from '../../src/store/journal.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-runs-'))
})
afterEach(() => rm(folder, { recursive: true }))

function setUp() {
  const store = makeFolderStore({ path: folder })
  const onUnreadable = (_: string, error: Error) => {
    throw error
  }
  const journal = makeJournal({ store, kind: 'expiry-runs', schema: RunSummary, onUnreadable })
  return { store, runs: makeExpiryRuns({ store, journal }) }
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
const run = (id: string, count: number, at = '2026-11-23T10:00:00.000Z'): ExpiryRun => ({
  ...{ id, at, policy: 'old', registry: 'ci', dryRun: false, kept: 7, deletes: deletes(count) },
})

test('runs are listed without their deletes, whose pages are read apart', async () => {
  const { store, runs } = setUp()
  await runs.append(run('big', 2_500))
  const get = vi.spyOn(store, 'get')
  expect(await runs.recent(10)).toEqual([
    {
      ...{ id: 'big', at: '2026-11-23T10:00:00.000Z', policy: 'old', registry: 'ci', dryRun: false, kept: 7 },
      outcomes: { planned: 0, deleted: 1_666, absent: 0, moved: 834, refused: 0, failed: 0 },
    },
  ])
  expect(get).toHaveBeenCalledTimes(1)
  const all = deletes(2_500)
  expect(await runs.deletes('big', 0, 3)).toEqual(all.slice(0, 3))
  expect(get).toHaveBeenCalledTimes(2)
  expect(await runs.deletes('big', 990, 1_001)).toEqual(all.slice(990, 1_991))
  expect(await runs.deletes('big', 2_499, 5)).toEqual(all.slice(2_499))
  expect(await runs.deletes('big', 3_000, 5)).toEqual([])
})

test('a run without deletes has an empty list, and an unknown run has none', async () => {
  const { runs } = setUp()
  await runs.append(run('idle', 0))
  expect(await runs.deletes('idle', 0, 5)).toEqual([])
  expect(await runs.deletes('idl', 0, 5)).toBeUndefined()
})

test('a run is forgotten with its deletes', async () => {
  const { store, runs } = setUp()
  await runs.append(run('old', 2_001, '2025-11-23T10:00:00.000Z'))
  await runs.append(run('new', 1))
  await runs.forget(new Date('2026-11-23T00:00:00Z'))
  expect((await runs.recent(10)).map(({ id }) => id)).toEqual(['new'])
  const keys = (await Array.fromAsync(store.list(''))).map(({ key }) => key)
  expect(keys).toEqual([
    'expiry-deletes/new-0.json',
    expect.stringMatching(/^expiry-runs\/2026-11-23\/\d+-new/),
  ])
})

test('a later attempt of a run that has fewer deletes leaves none of the earlier ones behind', async () => {
  const { store, runs } = setUp()
  await runs.append(run('again', 2_500))
  await runs.append(run('again', 1_000))
  expect(await runs.earlier('again')).toEqual(deletes(1_000))
  expect(await runs.deletes('again', 0, 5_000)).toHaveLength(1_000)
  await runs.append(run('again', 0))
  expect(await runs.deletes('again', 0, 5_000)).toEqual([])
  const keys = (await Array.fromAsync(store.list('expiry-deletes/'))).map(({ key }) => key)
  expect(keys).toEqual(['expiry-deletes/again-0.json'])
})
