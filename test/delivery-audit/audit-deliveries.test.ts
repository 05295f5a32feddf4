import { pino } from 'pino'
import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeAuditDeliveries } from '../../src/delivery-audit/audit-deliveries.ts'
import { makeAudits } from '../../src/delivery-audit/audits.ts'
import type { Reading } from '../../src/delivery-audit/judge.ts'
import { makeLedger } from '../../src/reconcile/ledger.ts'

const bed = useRedis()
const MINUTE = 60_000_000
const T = 1_795_803_600_000_000

/** An audit of one process at `a`, whose counts and clock the test sets. */
function setUp({ isAutomatic = true, endpoint = 'ours' } = {}) {
  const world = { now: T, taken: 0, events: 0, pending: 0, startedAt: T / 1_000_000 - 100, isAway: false }
  const told: string[] = []
  const [audits, ledger] = [
    makeAudits({ redis: bed.redis, prefix: 't' }),
    makeLedger({ redis: bed.redis, prefix: 't' }),
  ]
  const process = (): Reading['processes'][number] => ({
    ...{ address: 'http://a/', birth: { startedAt: world.startedAt }, recentCollections: [], at: world.now },
    counts: {
      ...{
        events: world.events,
        successes: world.events - world.pending,
        pending: world.pending,
        givenUp: 0,
      },
    },
  })
  const failed = [{ address: 'http://a/', problem: 'ECONNREFUSED' }]
  const audit = makeAuditDeliveries({
    registries: [
      {
        ...{ name: 'ci', source: { url: ['http://a/'], endpoint, onlyEndpoint: false } },
        read: async () =>
          world.isAway
            ? { processes: [], gone: [], failed }
            : { processes: [process()], gone: [], failed: [] },
      },
    ],
    ...{ audits, ledger, isAutomatic, now: () => world.now, log: pino({ level: 'silent' }) },
    taken: { of: async () => world.taken },
    enqueueReconcile: async (registry, reason) => told.push(`reconcile ${registry}: ${reason}`),
    announce: async ({ event, text, id }) => {
      if (!ids.has(id)) told.push(`${event}: ${text}`)
      ids.add(id)
    },
  })
  const ids = new Set<string>()
  return {
    world,
    told,
    audits,
    gaps: async () => (await ledger.status('ci')).gaps,
    async minute(change: Partial<typeof world> = {}) {
      Object.assign(world, change, { now: world.now + MINUTE })
      await audit()
    },
  }
}

test('a loss is a gap, a reconcile and an alert; if losses go on, people hear of them once an hour', async () => {
  const { minute, told, gaps } = setUp()
  await minute({ events: 10, taken: 10 })
  for (let n = 1; n <= 70; n++) await minute({ events: 10 + n, taken: 10 })
  expect(told.filter((line) => line.startsWith('deliveries.lost')).map((line) => line.slice(0, 38))).toEqual([
    ...['deliveries.lost: ci lost 1 event on the', 'deliveries.lost: ci lost 60 events on t'].map((s) =>
      s.slice(0, 38),
    ),
  ])
  expect(told[0]).toBe(
    'reconcile ci: 1 event lost at 2026-11-27 18:23 UTC: the registry is done with them, and they did not arrive',
  )
  expect((await gaps())[0]).toMatchObject({ since: T + MINUTE, lost: 1 })
  expect((await gaps()).length).toBe(69)
})

test('a process that dies between what it told and what it noted tells nothing twice', async () => {
  const { minute, told, gaps, audits, world } = setUp()
  await minute({ events: 4, taken: 4 })
  await minute({ events: 6 })
  const before = await audits.state('ci')
  await minute()
  const after = [told.length, (await gaps()).length]
  if (before) await audits.save('ci', before)
  world.now -= MINUTE
  await minute()
  expect(told.filter((line) => !line.startsWith('reconcile'))).toHaveLength(1)
  expect((await gaps()).length).toBe(after[1])
  expect(after[1]).toBe(1)
})

test('with onNewInstance: false a loss is a gap and an alert only', async () => {
  const { minute, told, gaps } = setUp({ isAutomatic: false })
  await minute({ events: 4, taken: 4 })
  await minute({ events: 5, pending: 1 })
  await minute({ events: 0, pending: 0, startedAt: T / 1_000_000 + 150 })
  expect(told).toEqual([expect.stringContaining('deliveries.lost: ci lost 1 event')])
  expect(await gaps()).toMatchObject([
    { lost: 1, reason: expect.stringContaining('at least 1 event lost at') },
  ])
})

test('a process that ended while it was busy is a gap of which nothing is known, and a reconcile', async () => {
  const { minute, told, gaps } = setUp()
  await minute({ events: 4, taken: 4 })
  await minute({ events: 0, taken: 9, startedAt: T / 1_000_000 + 90 })
  const reason = 'a process of the registry ended while it sent events, and may have had more'
  expect(told).toEqual([`reconcile ci: ${reason}`])
  expect(await gaps()).toEqual([
    { since: T + MINUTE, reason, cause: `ended ${T + MINUTE} ${T + 2 * MINUTE}` },
  ])
})

test('metrics that cannot be read for long are told, and their end', async () => {
  const { minute, told } = setUp()
  await minute({ events: 4, taken: 4 })
  for (let n = 0; n < 20; n++) await minute({ isAway: true })
  await minute({ isAway: false })
  expect(told).toEqual([
    'deliveries.unread: The metrics of ci cannot be read, so a loss of its events would not be noticed: http://a/: ECONNREFUSED',
    'deliveries.read: The metrics of ci can be read again',
  ])
})

test('another configuration begins anew, and keeps what was lost', async () => {
  const { minute, audits } = setUp()
  await minute({ events: 4, taken: 4 })
  await minute({ events: 6 })
  await minute()
  expect(await audits.state('ci')).toMatchObject({ lost: 2 })
  const other = setUp({ endpoint: 'other' })
  await other.minute({ events: 900, taken: 4 })
  await other.minute({ events: 903, taken: 7 })
  await other.minute()
  expect(await audits.state('ci')).toMatchObject({ lost: 2, told: 0, suspect: 0, uncounted: 0 })
  expect(other.told).toEqual([])
})
