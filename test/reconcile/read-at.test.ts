import { expect, test } from 'vitest'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import type { ReconcileRun } from '../../src/reconcile/ledger.ts'
import { makeMemoryReconcile, NOW } from './memory-reconcile.ts'

const S = 1_000_000

/** Reconciles an empty registry. Returns the `readAt` of its report, in epoch µs, and the pauses. */
async function reconcileEmpty(clockOf: () => Promise<number | undefined>, unfinished?: ReconcileRun) {
  const { run, pauses } = makeMemoryReconcile({ clockOf, unfinished })
  const { readAt } = await run()
  return { readAt: Date.parse(readAt) * 1000, pauses }
}

test.each([
  ['is ours, give or take a second', NOW - 1.2 * S, NOW],
  ['is behind', NOW - 60 * S, NOW - 60 * S],
  ['is ahead', NOW + 60 * S, NOW + 60 * S],
])(
  'if the clock of the registry %s, readAt is its time, and reading begins some seconds later',
  async (_, theirs, readAt) => {
    expect(await reconcileEmpty(async () => theirs)).toEqual({ readAt, pauses: [5_000] })
  },
)

test('readAt is our time if the registry does not tell its own', async () => {
  expect((await reconcileEmpty(async () => undefined)).readAt).toBe(NOW)
  expect((await reconcileEmpty(() => Promise.reject(new Error('down')))).readAt).toBe(NOW)
})

test('a run that goes on keeps its readAt and does not wait again', async () => {
  const counts = { repositories: 3, failed: 0, unreadable: 0, failures: [], drift: { ...NO_DRIFT } }
  const unfinished = { id: 'job', readAt: NOW - 900 * S, after: 'a', ...counts }
  expect(await reconcileEmpty(async () => NOW, unfinished)).toEqual({ readAt: NOW - 900 * S, pauses: [] })
  expect((await reconcileEmpty(async () => NOW, { ...unfinished, id: 'another' })).readAt).toBe(NOW)
})
