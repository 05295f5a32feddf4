import type { Redis } from 'ioredis'
import { pino } from 'pino'
import { makeBrokenRecords } from '../../src/integrity/broken-records.ts'
import { makeWatchBroken } from '../../src/integrity/watch-broken.ts'
import type { RegistryAlert } from '../../src/queue/alert.ts'
import type { ReconcileJob } from '../../src/queue/jobs.ts'
import { makeFlags } from '../../src/quota/flags.ts'
import { makeForgetFlags } from '../../src/quota/forget-flags.ts'
import { confidenceOf } from '../../src/reconcile/confidence.ts'
import type { FirstReading } from '../../src/reconcile/first-reading.ts'
import { makeLedger } from '../../src/reconcile/ledger.ts'
import type { RegistryReader } from '../../src/reconcile/reading.ts'
import { makeReconcile, type ReconcileControl } from '../../src/reconcile/reconcile.ts'
import { makeRunNotes } from '../../src/reconcile/run-notes.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

/**
 * Reconciles the registry `ci` in a real Redis. A repository's project is its first segment. The registry's clock is
 * `time.aheadUs` ahead, in µs.
 */
export function makeReconcileBed(redis: Redis, reader: RegistryReader) {
  const time = { aheadUs: 0 }
  const on = { redis, prefix: 't' }
  const [index, ledger, flags] = [makeUsageIndex(on), makeLedger(on), makeFlags(on)]
  const projectOf = (_: string, repository: string) => repository.split('/')[0] ?? ''
  const brokenRecords = makeBrokenRecords(on)
  const alerts: RegistryAlert[] = []
  const readings = new Map<string, number>()
  const firstReading: FirstReading = {
    at: async (registry) => readings.get(registry),
    note: async (registry, at) => void readings.set(registry, readings.get(registry) ?? at),
  }
  let now = 0
  const reconcile = makeReconcile({
    ...{ index, ledger, notes: makeRunNotes(on), firstReading },
    readerOf: () => reader,
    projectOf,
    broken: makeWatchBroken({
      records: brokenRecords,
      noteBroken: ledger.noteBroken,
      projectIdOf: ({ registry, repository }) => `${registry}/${projectOf(registry, repository)}`,
      mayBeSparse: () => false,
      findCopies: async () => [],
      announce: async (alert) => alerts.push(alert),
      now: Date.now,
    }),
    recheckQuotas: async () => {},
    announce: async (alert) => alerts.push(alert),
    settleMs: 0,
    forgetFlags: makeForgetFlags({ index, flags, look: async () => {} }),
    clockOf: async () => Date.now() * 1000 + time.aheadUs,
    // It never gives the same time twice.
    now: () => {
      now = Math.max(now + 1, Date.now() * 1000 + time.aheadUs)
      return now
    },
    sleep: async () => {},
    log: pino({ level: 'silent' }),
  })
  return {
    ...{ index, ledger, flags, alerts, reconcile, time, brokenRecords },
    run: (job: Partial<ReconcileJob> = {}, control: Partial<ReconcileControl> = {}) =>
      reconcile(
        { registry: 'ci', dryRun: false, acceptLoss: false, origin: 'person', reason: 'test', ...job },
        { id: 'job', isStopping: () => false, onProgress: async () => {}, ...control },
      ),
    async manifests(): Promise<number> {
      const usages = (await index.projects('ci')).map((project) => index.usage(project))
      return (await Promise.all(usages)).reduce((sum, usage) => sum + (usage?.manifests ?? 0), 0)
    },
    confidence: async () => confidenceOf(await ledger.status('ci')),
  }
}
