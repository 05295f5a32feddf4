import { pino } from 'pino'
import { expect, test } from 'vitest'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import type { Ledger, ReconcileRun } from '../../src/reconcile/ledger.ts'
import { makeReconcile } from '../../src/reconcile/reconcile.ts'
import type { UsageIndex } from '../../src/usage/usage-index.ts'

const S = 1_000_000
/** epoch µs */
const NOW = 1_795_428_000_000_000

/** The moment that a run speaks for, of a registry that holds nothing. */
async function momentOf(clockOf: () => Promise<number | undefined>, unfinished?: ReconcileRun) {
  const slept: number[] = []
  const ledger: Ledger = {
    run: async () => unfinished,
    saveRun: async () => {},
    finish: async () => {},
    noteGap: async () => {},
    standing: async () => ({ gaps: [] }),
  }
  const index: Pick<UsageIndex, 'projects' | 'facts' | 'apply' | 'forget' | 'retell'> = {
    projects: async () => [],
    facts: async function* () {},
    apply: async () => ({ uniqueBytes: 0, changedBytes: 0, unresolved: [] }),
    retell: async () => 0,
    forget: async () => 0,
  }
  const reconcile = makeReconcile({
    readerOf: () => ({
      method: 'api',
      check: async () => {},
      read: async function* () {},
      stored: async () => undefined,
    }),
    ...{ index, ledger, clockOf, projectOf: (_, repository) => repository, repositoriesOf: async () => [] },
    ...{ recheckQuotas: async () => {}, settleMs: 5_000, now: () => NOW, log: pino({ level: 'silent' }) },
    sleep: async (ms) => void slept.push(ms),
  })
  const control = { id: 'job', onProgress: async () => {}, isStopping: () => false }
  const { readAt } = await reconcile({ registry: 'ci', dryRun: false, reason: 'test' }, control)
  return { readAt: Date.parse(readAt) * 1000, slept }
}

test.each([
  ['that is ours, but for the second that it does not tell', NOW - 1.2 * S, NOW],
  ['that is behind', NOW - 60 * S, NOW - 60 * S],
  ['that is ahead', NOW + 60 * S, NOW + 60 * S],
])(
  'a registry with a clock %s is read for a moment by that clock, some seconds later',
  async (_, theirs, moment) => {
    expect(await momentOf(async () => theirs)).toEqual({ readAt: moment, slept: [5_000] })
  },
)

test('one that does not tell is read by ours', async () => {
  expect((await momentOf(async () => undefined)).readAt).toBe(NOW)
  expect((await momentOf(() => Promise.reject(new Error('down')))).readAt).toBe(NOW)
})

test('a run that goes on speaks for the moment at which it began, and waits no more', async () => {
  const counts = { repositories: 3, failed: 0, unreadable: 0, failures: [], drift: { ...NO_DRIFT } }
  const unfinished = { id: 'job', readAt: NOW - 900 * S, after: 'a', ...counts }
  expect(await momentOf(async () => NOW, unfinished)).toEqual({ readAt: NOW - 900 * S, slept: [] })
  expect((await momentOf(async () => NOW, { ...unfinished, id: 'another' })).readAt).toBe(NOW)
})
