import { expect, test } from 'vitest'
import type { ReconcileRun } from '../../src/reconcile/ledger.ts'
import { newRun } from '../../src/reconcile/run.ts'
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

test.each([300, -300])(
  'a clock that is %d s ahead is believed, and one that is farther off is not',
  async (s) => {
    expect((await reconcileEmpty(async () => NOW + s * S)).readAt).toBe(NOW + s * S)
    expect((await reconcileEmpty(async () => NOW + s * S + Math.sign(s) * S)).readAt).toBe(NOW)
    expect((await reconcileEmpty(async () => NOW + Math.sign(s) * 31_536_000 * S)).readAt).toBe(NOW)
  },
)

test('readAt is our time if the registry does not tell its own', async () => {
  expect((await reconcileEmpty(async () => undefined)).readAt).toBe(NOW)
  expect((await reconcileEmpty(() => Promise.reject(new Error('down')))).readAt).toBe(NOW)
})

test('a run that goes on keeps its readAt and does not wait again', async () => {
  const begin = { id: 'job', covers: 0, readAt: NOW - 900 * S, firstReadAt: 0, manifests: 0 }
  const unfinished = { ...newRun(begin), repositories: 3, after: 'a' }
  expect(await reconcileEmpty(async () => NOW, unfinished)).toEqual({ readAt: NOW - 900 * S, pauses: [] })
  expect((await reconcileEmpty(async () => NOW, { ...unfinished, id: 'another' })).readAt).toBe(NOW)
})

test('a run that was asked for again after it began starts anew when it goes on', async () => {
  const begin = { id: 'job', covers: 1, readAt: NOW - 900 * S, firstReadAt: 0, manifests: 0 }
  const { run } = makeMemoryReconcile({ unfinished: { ...newRun(begin), after: 'a' }, asked: 2 })
  expect(Date.parse((await run()).readAt) * 1000).toBe(NOW)
})
