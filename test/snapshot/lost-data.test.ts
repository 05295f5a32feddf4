import { expect, test } from 'vitest'
import { lostDataText, makeLostData } from '../../src/snapshot/lost-data.ts'
import { newSnapshotKey } from '../../src/snapshot/snapshot-key.ts'

const DAY = 86_400_000
const LOST = Date.parse('2026-11-20T12:00:00Z')

/** Times are epoch ms. */
function open(facts: { storeSince?: number | undefined; dataSince?: number; snapshots?: number[] }) {
  const state = { now: LOST + 1_000, lists: 0, dataSince: LOST, storeSince: LOST - 30 * DAY, ...facts }
  const lost = makeLostData({
    store: {
      async *list() {
        state.lists++
        for (const at of facts.snapshots ?? [])
          yield { key: newSnapshotKey(new Date(at)), size: 1, modifiedAt: new Date(at) }
      },
    },
    storeSince: async () => state.storeSince,
    dataSince: async () => state.dataSince,
    now: () => state.now,
  })
  return { state, lost }
}

test('a Redis that is younger than the store, without a snapshot from before, is told for a week', async () => {
  const { state, lost } = open({ snapshots: [LOST + 500] })
  const told = await lost()
  expect(told?.what).toMatch(/^Redis has nothing from before 2026-11-20T12:00:00\.000Z: .* no snapshot/)
  expect(told?.why).toContain('quota overrides')
  expect(told?.fix).toContain('tallyman reconcile NAME')
  expect(told && lostDataText(told)).toMatch(
    /no snapshot to restore\. Lost are .*\. Read each registry again/,
  )
  state.now = LOST + 7 * DAY
  expect(await lost()).toBeDefined()
  // The store was listed once.
  expect(state.lists).toBe(1)
  state.now += 1
  expect(await lost()).toBeUndefined()
})

test('nothing is told of a first start, of what a snapshot brings back, and of a store that is new', async () => {
  expect(await open({ storeSince: LOST - 2_000 }).lost()).toBeUndefined()
  expect(await open({ storeSince: LOST + DAY }).lost()).toBeUndefined()
  expect(await open({ snapshots: [LOST - DAY] }).lost()).toBeUndefined()
  expect(await open({ storeSince: undefined }).lost()).toBeUndefined()
})

test('a Redis that loses its data while this process runs is noticed', async () => {
  const { state, lost } = open({ dataSince: LOST - 30 * DAY })
  expect(await lost()).toBeUndefined()
  Object.assign(state, { dataSince: LOST })
  expect(await lost()).toBeDefined()
})
