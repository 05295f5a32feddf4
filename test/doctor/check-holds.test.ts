import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCollectionRuns, newRun } from '../../src/collection/runs.ts'
import { stuckNote } from '../../src/collection/stuck.ts'
import { checkHolds } from '../../src/doctor/check-holds.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

const HOUR = 3_600_000
const BEGUN = Date.parse('2026-11-27T12:00:00Z')
let folder: string
let at: number
let runs: ReturnType<typeof makeCollectionRuns>
beforeEach(async () => {
  at = BEGUN
  folder = await mkdtemp(join(tmpdir(), 'tallyman-holds-'))
  const fail = (error: unknown) => {
    throw error
  }
  runs = makeCollectionRuns({
    ...{ store: makeFolderStore({ path: folder }), keepMs: HOUR * 1_000, now: () => at },
    ...{ onUnreadable: (_, error) => fail(error), onError: fail },
  })
})
afterEach(() => rm(folder, { recursive: true }))

const find = () =>
  checkHolds({
    ...{ runs, now: () => at },
    maxPauseOf: (registry) => (registry === 'ci' ? HOUR : undefined),
  }).run()

/** A collection that holds the registry. */
async function hold(note?: string, registry = 'ci') {
  const asked = { registry, mode: 'conduct', dryRun: false, force: false, by: 'ann' } as const
  const run = newRun(asked, at)
  Object.assign(run, { phase: note === undefined ? 'collect' : 'readOnlyOff', isHeld: true })
  run.phases.push({ phase: run.phase, at: run.at, tookMs: null, ...(note !== undefined && { note }) })
  await runs.save(run)
  await runs.hold(run)
  return run
}

test('without a collection, there is nothing to say', async () => {
  expect(await find()).toEqual([])
})

test('a registry whose readOnlyOff fails is an error: since when, why, and what to do', async () => {
  const { id } = await hold(stuckNote('it ended with the status 3\u001b[1m', 7))
  at += 60_000
  expect(await find()).toEqual([
    {
      ...{ check: 'collection of ci', level: 'error', why: 'whoever pushes there is refused' },
      what: `it is read-only since 2026-11-27T12:00:00.000Z, by the collection ${id}: attempt 7 failed: it ended with the status 3\\u{1b}[1m`,
      fix: expect.stringMatching(
        new RegExp(`^mend that, or make the registry writable by hand: .* tallyman gc status ci ${id} `),
      ),
    },
  ])
  await runs.letGo('ci')
  expect(await find()).toEqual([])
})

test('a collection that runs is a note, until it has taken longer than gc.maxPause', async () => {
  await hold()
  at += HOUR
  expect(await find()).toMatchObject([
    { level: 'note', what: expect.stringContaining('in the phase collect') },
  ])
  at += 1
  expect(await find()).toMatchObject([
    {
      ...{ level: 'error', what: expect.stringMatching(/for longer than gc\.maxPause, 1h$/) },
      fix: expect.stringContaining('tallyman start collections'),
    },
  ])
})

test('a registry that is held and not configured any more is an error; so is one whose record is lost', async () => {
  await hold(undefined, 'old')
  await runs.hold({ registry: 'ci', id: 'lost' })
  at += 2 * HOUR
  expect(await find()).toMatchObject([
    { check: 'collection of ci', level: 'error', what: expect.stringContaining('whose record is lost') },
    { check: 'collection of old', level: 'error', what: expect.stringMatching(/not configured any more$/) },
  ])
})
