import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { confidenceOf } from '../../src/reconcile/confidence.ts'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import { makeOnLostEvents, makeOnQuarantined, makeOnUnknownInstance } from '../../src/reconcile/gaps.ts'
import { type Exact, type Ledger, makeLedger, type ReconcileRun } from '../../src/reconcile/ledger.ts'
import type { ReconcileReport } from '../../src/reconcile/report.ts'
import { newRun } from '../../src/reconcile/run.ts'

const bed = useRedis()
let ledger: Ledger
beforeEach(() => {
  ledger = makeLedger({ redis: bed.redis, prefix: 't' })
})

const MINUTE = 60_000_000
/** 2026-11-23T10:00:00Z */
const T = 1_795_428_000_000_000
const iso = (us: number) => new Date(us / 1000).toISOString()

function report(readAt: number, dryRun = false): ReconcileReport {
  return {
    registry: 'ci',
    method: 'api',
    reason: 'test',
    dryRun,
    repositories: 1,
    drift: { ...NO_DRIFT },
    hold: null,
    stored: null,
    readAt: iso(readAt),
    finishedAt: iso(readAt + MINUTE),
    failed: 0,
    failures: [],
    unreadable: 0,
    unreadableRepositories: 0,
    unreadableImages: [],
  }
}
const confidence = async () => confidenceOf(await ledger.status('ci'))
const runOf = (id: string) => newRun({ id, covers: 0, readAt: T, firstReadAt: T, manifests: 0 })
async function finished(done: ReconcileReport, exact: Exact | undefined) {
  await ledger.beginRun('ci', runOf('job'))
  await ledger.finish('ci', done, { id: 'job', covers: 0, exact })
}
const reconciled = (readAt: number) => finished(report(readAt), { since: readAt, images: 0, repositories: 0 })

test('the index is exact since the last complete reconcile', async () => {
  expect(await confidence()).toMatch(/since the beginning: no reconcile has read/)
  await finished(report(T), undefined)
  expect(await confidence()).toMatch(/since the beginning/)
  await reconciled(T + MINUTE)
  expect(await confidence()).toBe('exact since 2026-11-23T10:01:00.000Z')
  await finished(report(T + 5 * MINUTE, true), undefined)
  expect((await ledger.status('ci')).lastReport?.readAt).toBe(iso(T + MINUTE))
})

test('images that could not be read are an exception, and gaps close all the same', async () => {
  await ledger.noteGap('ci', { since: T, reason: 'the registry was restarted', cause: 'a' }, T)
  const exact = { since: T + MINUTE, images: 3, repositories: 2 }
  await finished(report(T + MINUTE), exact)
  expect(await confidence()).toBe('exact but for 3 images in 2 repositories, since 2026-11-23T10:01:00.000Z')
  expect((await ledger.status('ci')).gaps).toEqual([])
})

test('a run that Redis has lost, or whose place another has taken, can neither be saved nor finished', async () => {
  const [old, next] = [runOf('old'), runOf('next')]
  const finish = ({ id }: ReconcileRun) =>
    ledger.finish('ci', report(T), { id, covers: 7, exact: { since: T, images: 0, repositories: 0 } })
  await ledger.beginRun('ci', old)
  await ledger.saveRun('ci', { ...old, repositories: 3 })
  expect(await ledger.unfinishedRun('ci')).toMatchObject({ repositories: 3 })
  await bed.redis.flushall()
  await expect(ledger.saveRun('ci', old)).rejects.toThrow('Redis has lost its data')
  await expect(finish(old)).rejects.toThrow('Redis has lost its data')
  await ledger.beginRun('ci', next)
  await expect(ledger.saveRun('ci', old)).rejects.toThrow('another one has begun')
  await expect(finish(old)).rejects.toThrow('another one has begun')
  expect(await ledger.status('ci')).toEqual({ gaps: [], covered: 0 })
  await finish(next)
  expect(await ledger.status('ci')).toMatchObject({ exact: { since: T }, covered: 7 })
})

test('after a restart of the registry events may be missing, until a later reconcile', async () => {
  await reconciled(T)
  const enqueued: string[] = []
  const onUnknownInstance = makeOnUnknownInstance({
    ledger,
    isAutomatic: true,
    isAudited: async (registry) => registry === 'audited',
    askAudit: async () => enqueued.push('audit'),
    log: pino({ level: 'silent' }),
    enqueueReconcile: async (registry, reason) => enqueued.push(`${registry}: ${reason}`),
  })
  const restarted = { instanceId: 'b', firstEventAt: T + 20 * MINUTE, previousLastEventAt: T + 10 * MINUTE }
  await onUnknownInstance('ci', restarted)
  // A job that runs twice, or two jobs at once, note the same gap.
  await onUnknownInstance('ci', {
    ...restarted,
    firstEventAt: T + 30 * MINUTE,
    previousLastEventAt: T + 29 * MINUTE,
  })
  const why = 'the registry was restarted, or has one more process'
  expect(enqueued).toEqual([`ci: ${why}`, `ci: ${why}`])
  const missing = `events may be missing since 2026-11-23T10:10:00.000Z: ${why}`
  expect(await confidence()).toBe(missing)
  // A reconcile that began before the restart does not close the gap. It moves the start of the gap to its own time.
  await reconciled(T + 15 * MINUTE)
  expect(await confidence()).toBe(missing.replace('10:10', '10:15'))
  await reconciled(T + 20 * MINUTE)
  expect(await confidence()).toBe('exact since 2026-11-23T10:20:00.000Z')
})

test('a new process is no gap if the audit of deliveries would notice the end of another one', async () => {
  const asked: string[] = []
  const onUnknownInstance = makeOnUnknownInstance({
    ...{ ledger, isAutomatic: true, log: pino({ level: 'silent' }) },
    isAudited: async () => true,
    askAudit: async () => asked.push('audit'),
    enqueueReconcile: async (_, reason) => asked.push(reason),
  })
  const instance = { instanceId: 'b', firstEventAt: T + 20 * MINUTE, previousLastEventAt: T + 10 * MINUTE }
  await onUnknownInstance('ci', instance)
  expect(asked).toEqual(['audit'])
  expect((await ledger.status('ci')).gaps).toEqual([])
  // The first one ever is: what was there before is not known.
  await onUnknownInstance('ci', { ...instance, previousLastEventAt: 0 })
  expect(asked).toEqual(['audit', 'the registry sent its first events'])
  expect((await ledger.status('ci')).gaps).toHaveLength(1)
})

test('an event in quarantine is a gap, until a reconcile that began after it was received', async () => {
  await reconciled(T)
  const onQuarantined = makeOnQuarantined(ledger)
  await onQuarantined('ci', iso(T + MINUTE))
  await onQuarantined('ci', iso(T + MINUTE + 1000))
  expect((await ledger.status('ci')).gaps).toHaveLength(1)
  await onQuarantined('ci', iso(T + 3 * MINUTE))
  expect(await confidence()).toMatch(
    /^events may be missing since 2026-11-23T10:01:00.000Z: .*quarantine, and 1 more$/,
  )
  await reconciled(T + 2 * MINUTE)
  expect(await confidence()).toMatch(/since 2026-11-23T10:03/)
  await reconciled(T + 4 * MINUTE)
  expect(await confidence()).toMatch(/^exact since/)
})

test('discarded events are a gap of their registry, until a reconcile that began after they were received', async () => {
  await reconciled(T)
  const received = (registry: string, at: number) => ({ registry, receivedAt: iso(at), events: [] })
  await makeOnLostEvents(ledger)([
    ...[received('ci', T + MINUTE + 1_000_000), received('hub', T), received('ci', T + MINUTE)],
    received('ci', T + 3 * MINUTE),
  ])
  expect(await confidence()).toMatch(
    /^events may be missing since 2026-11-23T10:01:00.000Z: .*discarded, and 1 more$/,
  )
  expect((await ledger.status('hub')).gaps).toHaveLength(1)
  await reconciled(T + 2 * MINUTE)
  expect(await confidence()).toMatch(/since 2026-11-23T10:03/)
  await reconciled(T + 4 * MINUTE)
  expect(await confidence()).toMatch(/^exact since/)
})

test('no more than 100 gaps are kept, and none is closed too early', async () => {
  const cause = (n: number) => ({ since: T + n * MINUTE, reason: 'test', cause: `${n}` })
  await ledger.noteGap('ci', cause(50), T)
  for (let n = 51; n < 300; n++) await ledger.noteGap('ci', cause(n), T + n * MINUTE)
  // At the same time, as several workers do. They may leave too many gaps: the next call merges these.
  await Promise.all(Array.from({ length: 8 }, (_, n) => ledger.noteGap('ci', cause(n), T + n * MINUTE)))
  await ledger.noteGap('ci', cause(300), T + 300 * MINUTE)
  const { gaps } = await ledger.status('ci')
  expect(gaps).toHaveLength(100)
  expect(Math.min(...gaps.map(({ since }) => since))).toBe(T)
  await reconciled(T + 299 * MINUTE)
  expect((await ledger.status('ci')).gaps).toMatchObject([{ since: T, cause: '300' }])
  await reconciled(T + 300 * MINUTE)
  expect((await ledger.status('ci')).gaps).toEqual([])
})
