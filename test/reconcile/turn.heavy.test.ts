import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import type { RegistryReader } from '../../src/reconcile/reading.ts'
import { requestAutomaticReconcile, requestReconcile } from '../../src/reconcile/reconcile-jobs.ts'
import type { ReconcileReport } from '../../src/reconcile/report.ts'
import { makeTurn } from '../../src/reconcile/turn.ts'
import { reconcileWorker } from '../../workers/reconcile.ts'
import { makeReconcileBed } from './reconcile-bed.ts'

/** Workers in two processes, which share one Redis. Here they have a connection each. */
const bed = useRedis()
let queues: Queues
let workers: { worker: ReturnType<typeof reconcileWorker>; connection: Redis }[] = []
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(async () => {
  for (const { worker, connection } of workers) {
    await worker.close(true)
    connection.disconnect()
  }
  workers = []
  await closeQueues(queues)
})

/** A registry without repositories. Each reading of it goes on until it is let go. */
function makeSlowReader() {
  const waiting: (() => void)[] = []
  const seen = { begun: 0, running: 0, most: 0 }
  const reader: RegistryReader = {
    method: 'api',
    check: async () => {},
    answersForUpstream: async () => false,
    holds: async () => true,
    countBlobs: async () => undefined,
    gitlabSize: async () => undefined,
    async *read() {
      seen.begun++
      seen.most = Math.max(seen.most, ++seen.running)
      await new Promise<void>((resolve) => waiting.push(resolve))
      seen.running--
    },
  }
  return { reader, seen, letOneGo: () => waiting.shift()?.() }
}

function startWorkers(pauseMs = 0) {
  const slow = makeSlowReader()
  const { reconcile, ledger } = makeReconcileBed(bed.redis, slow.reader)
  const turnOf = makeTurn({ queues, ledger, pauseMs, now: Date.now })
  const start = () => {
    const connection = new Redis(bed.server.port, { maxRetriesPerRequest: null })
    const outage = { takes: () => false }
    const context = {
      connection,
      prefix: 't',
      log: pino({ level: 'silent' }),
      outage,
      metrics: makeMetrics(),
    }
    const worker = reconcileWorker(context, { reconcile, turnOf }, () => false, 2)
    workers.push({ worker, connection })
    return worker
  }
  const parts = { queues, ledger }
  return {
    ...slow,
    start,
    ledger,
    first: start(),
    second: start(),
    byHand: (how = {}) =>
      requestReconcile(parts, { registry: 'ci', dryRun: false, acceptLoss: false, ...how }),
    automatic: () => requestAutomaticReconcile(parts, { registry: 'ci', reason: 'restarted' }, 0),
    urgent: () =>
      requestAutomaticReconcile(parts, { registry: 'ci', reason: 'blobs are missing', isUrgent: true }, 0),
    reportOf: async (id: string): Promise<ReconcileReport> =>
      (
        await eventually(
          () => queues.reconcile.getJob(id),
          (job) => job?.finishedOn !== undefined,
        )
      )?.returnvalue as ReconcileReport,
    untilBegun: (count: number) =>
      eventually(
        async () => slow.seen.begun,
        (begun) => begun === count,
      ),
    untilDone: () =>
      eventually(
        () => queues.reconcile.getJobCountByTypes('waiting', 'active', 'delayed'),
        (count) => count === 0,
      ),
  }
}

test('whoever asks, one reconcile of a registry runs at a time, and those that wait share the next', async () => {
  const { byHand, automatic, seen, letOneGo, untilBegun, untilDone, reportOf } = startWorkers()
  const running = await byHand()
  await untilBegun(1)
  const waiting = [await byHand(), await byHand()]
  await automatic()
  await automatic()
  const data = { registry: 'ci', dryRun: false, acceptLoss: false, reason: 'schedule' }
  await queues.reconcile.add('reconcile', { ...data, origin: 'schedule' })
  // All of them have had their turn, and have stepped back.
  await eventually(
    () => queues.reconcile.getDelayedCount(),
    (count) => count === 4,
  )
  expect(seen).toEqual({ begun: 1, running: 1, most: 1 })
  letOneGo()
  await untilBegun(2)
  letOneGo()
  await untilDone()
  expect(seen).toEqual({ begun: 2, running: 0, most: 1 })
  const [one, two] = await Promise.all(waiting.map(reportOf))
  expect(two).toEqual(one)
  // The first had begun before the others were asked for, so it does not answer them.
  expect(one?.readAt).not.toBe((await reportOf(running)).readAt)
})

test('a dry run, and one that accepts a loss, share with no other, and run one at a time, too', async () => {
  const { byHand, seen, letOneGo, untilBegun, untilDone, reportOf } = startWorkers()
  const ids = [await byHand(), await byHand({ dryRun: true }), await byHand({ acceptLoss: true })]
  for (let n = 1; n <= 3; n++) {
    await untilBegun(n)
    letOneGo()
  }
  await untilDone()
  expect(seen).toEqual({ begun: 3, running: 0, most: 1 })
  const reports = await Promise.all(ids.map(reportOf))
  expect(reports.map(({ dryRun }) => dryRun)).toEqual([false, true, false])
  expect(new Set(reports.map(({ readAt }) => readAt)).size).toBe(3)
})

test('while a killed worker has the turn, nobody else runs; then one run answers all', async () => {
  const { first, second, start, byHand, seen, letOneGo, untilBegun, untilDone, reportOf, ledger } =
    startWorkers()
  const killed = await byHand()
  await untilBegun(1)
  await Promise.all([first.close(true), second.close(true)])
  start()
  const other = await byHand()
  await eventually(
    () => queues.reconcile.getDelayedCount(),
    (count) => count === 1,
  )
  expect(seen.begun).toBe(1)
  // Its lock expires. Then the living worker puts the job back into the queue.
  await bed.redis.del(`{t}:reconcile:${killed}:lock`)
  await untilBegun(2)
  // The one that was taken for dead wakes up, and ends without a word.
  letOneGo()
  await eventually(
    async () => seen.running,
    (running) => running === 1,
  )
  letOneGo()
  await untilDone()
  expect(seen.begun).toBe(2)
  expect(await reportOf(other)).toEqual(await reportOf(killed))
  expect((await ledger.status('ci')).lastReport).toEqual(await reportOf(killed))
})

test('an automatic reconcile waits for a while after the last one; a person does not', async () => {
  const pauseMs = 4_000
  const { byHand, automatic, letOneGo, untilBegun, untilDone, reportOf, ledger } = startWorkers(pauseMs)
  const first = await byHand()
  await untilBegun(1)
  letOneGo()
  const { finishedAt } = await reportOf(first)
  await automatic()
  await untilBegun(2)
  letOneGo()
  await untilDone()
  const second = (await ledger.status('ci')).lastReport
  expect(second?.reason).toBe('restarted')
  expect(Date.parse(second?.readAt ?? '')).toBeGreaterThanOrEqual(Date.parse(finishedAt) + pauseMs)

  await automatic()
  const asked = await byHand()
  await untilBegun(3)
  letOneGo()
  // The automatic one, which waits, was asked for before: the report of this one answers it, too.
  await untilDone()
  expect((await ledger.status('ci')).lastReport).toEqual(await reportOf(asked))
})

test('an urgent one does not wait for the pause, also if another automatic one waits, and answers that, too', async () => {
  const { byHand, automatic, urgent, letOneGo, untilBegun, untilDone, reportOf, ledger, seen } =
    startWorkers(3_600_000)
  const first = await byHand()
  await untilBegun(1)
  letOneGo()
  await reportOf(first)
  await automatic()
  await eventually(
    () => queues.reconcile.getDelayedCount(),
    (count) => count === 1,
  )
  await urgent()
  await untilBegun(2)
  letOneGo()
  const report = await eventually(
    async () => (await ledger.status('ci')).lastReport,
    (last) => last?.reason === 'blobs are missing',
  )
  expect(report?.drift).toBeDefined()
  // The other one has nothing left to do when its time has come.
  for (const job of await queues.reconcile.getDelayed()) await job.promote()
  await untilDone()
  expect(seen.begun).toBe(2)
})
