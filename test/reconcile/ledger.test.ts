import { pino } from 'pino'
import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { confidenceOf } from '../../src/reconcile/confidence.ts'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import { makeOnLostEvents, makeOnQuarantined, makeOnUnknownInstance } from '../../src/reconcile/gaps.ts'
import { type Ledger, makeLedger } from '../../src/reconcile/ledger.ts'
import type { ReconcileReport } from '../../src/reconcile/report.ts'

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
    ...{
      registry: 'ci',
      method: 'api',
      reason: 'test',
      dryRun,
      repositories: 1,
      drift: { ...NO_DRIFT },
      stored: null,
    },
    ...{ readAt: iso(readAt), finishedAt: iso(readAt + MINUTE), failed: 0, failures: [], unreadable: 0 },
  }
}
const confidence = async () => confidenceOf(await ledger.standing('ci'))
const reconciled = (readAt: number) => ledger.finish('ci', report(readAt), { readAt })

test('exact since the last whole reconcile, until there is a reason to doubt', async () => {
  expect(await confidence()).toMatch(/since the beginning: it was never reconciled/)
  await ledger.finish('ci', report(T), undefined)
  expect(await confidence()).toMatch(/since the beginning/)
  await reconciled(T + MINUTE)
  expect(await confidence()).toBe('exact since 2026-11-23T10:01:00.000Z')
  await ledger.finish('ci', report(T + 5 * MINUTE, true), undefined)
  expect((await ledger.standing('ci')).last?.readAt).toBe(iso(T + MINUTE))
})

test('a restarted registry may have lost events since its last one, until a reconcile that began later', async () => {
  await reconciled(T)
  const asked: string[] = []
  const onUnknownInstance = makeOnUnknownInstance({
    ...{ ledger, isAutomatic: true, log: pino({ level: 'silent' }) },
    enqueueReconcile: async (registry, reason) => asked.push(`${registry}: ${reason}`),
  })
  const restarted = { instanceId: 'b', firstEventAt: T + 20 * MINUTE, previousLastEventAt: T + 10 * MINUTE }
  await onUnknownInstance('ci', restarted)
  // A job that runs twice, or two jobs at once, say it again.
  await onUnknownInstance('ci', {
    ...restarted,
    firstEventAt: T + 30 * MINUTE,
    previousLastEventAt: T + 29 * MINUTE,
  })
  expect(asked).toEqual(['ci: the registry was restarted', 'ci: the registry was restarted'])
  const doubt = 'events may be missing since 2026-11-23T10:10:00.000Z: the registry was restarted'
  expect(await confidence()).toBe(doubt)
  // One that had begun before the restart closes nothing, and what it mended is no longer in doubt.
  await reconciled(T + 15 * MINUTE)
  expect(await confidence()).toBe(doubt.replace('10:10', '10:15'))
  await reconciled(T + 20 * MINUTE)
  expect(await confidence()).toBe('exact since 2026-11-23T10:20:00.000Z')
})

test('what is in quarantine is missing until a reconcile that began after it came', async () => {
  await reconciled(T)
  const onQuarantined = makeOnQuarantined(ledger)
  await onQuarantined('ci', iso(T + MINUTE))
  await onQuarantined('ci', iso(T + MINUTE + 1000))
  expect((await ledger.standing('ci')).gaps).toHaveLength(1)
  await onQuarantined('ci', iso(T + 3 * MINUTE))
  expect(await confidence()).toMatch(
    /^events may be missing since 2026-11-23T10:01:00.000Z: .*quarantine, and 1 more$/,
  )
  await reconciled(T + 2 * MINUTE)
  expect(await confidence()).toMatch(/since 2026-11-23T10:03/)
  await reconciled(T + 4 * MINUTE)
  expect(await confidence()).toMatch(/^exact since/)
})

test('what was acknowledged and discarded is missing from its registry until a reconcile that began after it came', async () => {
  await reconciled(T)
  const received = (registry: string, at: number) => ({ registry, receivedAt: iso(at), events: [] })
  await makeOnLostEvents(ledger)([
    ...[received('ci', T + MINUTE + 1_000_000), received('hub', T), received('ci', T + MINUTE)],
    received('ci', T + 3 * MINUTE),
  ])
  expect(await confidence()).toMatch(
    /^events may be missing since 2026-11-23T10:01:00.000Z: .*discarded, and 1 more$/,
  )
  expect((await ledger.standing('hub')).gaps).toHaveLength(1)
  await reconciled(T + 2 * MINUTE)
  expect(await confidence()).toMatch(/since 2026-11-23T10:03/)
  await reconciled(T + 4 * MINUTE)
  expect(await confidence()).toMatch(/^exact since/)
})

test('while nothing is reconciled gaps do not pile up, and none is closed too early', async () => {
  const cause = (n: number) => ({ since: T + n * MINUTE, reason: 'test', cause: `${n}` })
  await ledger.noteGap('ci', cause(50), T)
  for (let n = 51; n < 300; n++) await ledger.noteGap('ci', cause(n), T + n * MINUTE)
  // At once, as several workers may: what they leave too many the next one takes together.
  await Promise.all(Array.from({ length: 8 }, (_, n) => ledger.noteGap('ci', cause(n), T + n * MINUTE)))
  await ledger.noteGap('ci', cause(300), T + 300 * MINUTE)
  const { gaps } = await ledger.standing('ci')
  expect(gaps).toHaveLength(100)
  expect(Math.min(...gaps.map(({ since }) => since))).toBe(T)
  await reconciled(T + 299 * MINUTE)
  expect((await ledger.standing('ci')).gaps).toMatchObject([{ since: T, cause: '300' }])
  await reconciled(T + 300 * MINUTE)
  expect((await ledger.standing('ci')).gaps).toEqual([])
})
