import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makePulls } from '../../src/events/pulls.ts'
import type { Ledger } from '../../src/reconcile/ledger.ts'
import type { ReconcileReport } from '../../src/reconcile/report.ts'

const bed = useRedis()
const MINUTE_MS = 60_000
const START = Date.parse('2026-11-20T12:00:00Z')
/** So many minutes after the start, RFC 3339. */
const at = (minutes: number) => new Date(START + minutes * MINUTE_MS).toISOString()

/** `read`: the minute at which the last reconcile began and ended. */
function pullsAt(nowMinutes: number, read?: { minute: number; method: ReconcileReport['method'] }) {
  const time = at(read?.minute ?? 0)
  const report = { readAt: time, finishedAt: time, method: read?.method } as ReconcileReport
  const status: Ledger['status'] = async () => ({
    ...{ gaps: [], covered: 0 },
    ...(read && { lastReport: report }),
  })
  const pulls = makePulls({
    ...{ redis: bed.redis, prefix: 't', ledger: { status } },
    now: () => (START + nowMinutes * MINUTE_MS) * 1000,
  })
  const hear = (registry: string, ...minutes: number[]) =>
    pulls.watch([
      {
        registry,
        receivedAt: at(10_000),
        events: [
          { action: 'push', timestamp: at(9_000) },
          ...minutes.map((minute) => ({ action: 'pull', timestamp: at(minute) })),
          { action: 'pull' },
          'no event',
        ],
      },
    ])
  return { pulls, hear }
}

test('each registry has its own first and last pull, whatever came beside them', async () => {
  const { pulls, hear } = pullsAt(6)
  await hear('ci', 3, 1, 5)
  expect(await pulls.of('ci')).toMatchObject({ areHeard: true, since: Date.parse(at(3)) * 1000 })
  expect(await pulls.of('other')).toMatchObject({ areHeard: false })
})

test('a delivery without pulls shows nothing', async () => {
  const { pulls } = pullsAt(6)
  await pulls.watch([
    {
      registry: 'ci',
      receivedAt: at(6),
      events: [{ action: 'push', timestamp: at(5) }, null, { action: 'pull' }],
    },
  ])
  expect(await pulls.of('ci')).toMatchObject({ areHeard: false })
})

test('an event that comes late does not take the last pull back', async () => {
  await pullsAt(6).hear('ci', 5)
  await pullsAt(6).hear('ci', 2)
  expect(await pullsAt(6, { minute: 4, method: 'api' }).pulls.of('ci')).toMatchObject({ areHeard: true })
})

test('after a reconcile that no pull followed, pulls count as heard from the next one on', async () => {
  await pullsAt(6).hear('ci', 5)
  const read = { minute: 10, method: 'api' } as const
  expect(await pullsAt(20, read).pulls.of('ci')).toMatchObject({ areHeard: false })
  await pullsAt(30, read).hear('ci', 30)
  expect(await pullsAt(31, read).pulls.of('ci')).toMatchObject({ since: Date.parse(at(30)) * 1000 })
})

test('a backlog that holds the requests of the reconcile is no break, though its events come together with later ones', async () => {
  await pullsAt(6).hear('ci', 5)
  const read = { minute: 10, method: 'api' } as const
  await pullsAt(30, read).hear('ci', 10, 30)
  expect(await pullsAt(31, read).pulls.of('ci')).toMatchObject({ since: Date.parse(at(5)) * 1000 })
})

test('a process writes the pulls that it heard shortly after others with the next ones', async () => {
  const read = { minute: 10, method: 'api' } as const
  const { pulls, hear } = pullsAt(40, read)
  await hear('ci', 5)
  await hear('ci', 10)
  expect(await pulls.of('ci')).toMatchObject({ areHeard: false })
  await new Promise((resolve) => setTimeout(resolve, 2_100))
  await hear('ci', 30)
  expect(await pulls.of('ci')).toMatchObject({ areHeard: true, since: Date.parse(at(5)) * 1000 })
})

test('a reconcile over the storage makes no pulls, so it shows nothing', async () => {
  await pullsAt(6).hear('ci', 5)
  const read = { minute: 10, method: 'storage' } as const
  expect(await pullsAt(20, read).pulls.of('ci')).toMatchObject({ areHeard: true })
})
