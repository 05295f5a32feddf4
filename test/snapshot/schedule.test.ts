import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { scheduleFirstSnapshot, scheduleSnapshots } from '../../src/snapshot/schedule.ts'
import { listSnapshots } from '../../src/snapshot/snapshot-key.ts'
import type { Snapshots } from '../../src/snapshot/snapshots.ts'
import { snapshotWorker } from '../../workers/snapshot.ts'
import { type SnapshotBed, startBed } from './snapshot-bed.ts'

let bed: SnapshotBed
let connection: Redis
let queues: Queues
beforeAll(async () => {
  bed = await startBed()
  connection = new Redis(bed.redis.options.port ?? 0, { maxRetriesPerRequest: null })
  queues = makeQueues(connection, 't')
})
afterAll(async () => {
  await closeQueues(queues)
  connection.disconnect()
  await bed.close()
})

const next = async () => {
  const [scheduler] = await queues.snapshot.getJobSchedulers()
  return { every: Number(scheduler?.every), at: scheduler?.next ?? 0 }
}

test('the first snapshot is due after one interval, and a restart does not postpone it', async () => {
  const hour = 3_600_000
  const before = Date.now()
  await scheduleSnapshots(queues, hour)
  const after = Date.now()
  const first = await next()
  expect(first.every).toBe(hour)
  expect(first.at).toBeGreaterThanOrEqual(before + hour)
  expect(first.at).toBeLessThanOrEqual(after + hour)
  await sleep(50)
  await scheduleSnapshots(queues, hour)
  expect(await next()).toEqual(first)
  expect(await queues.snapshot.getJobCounts()).toMatchObject({ delayed: 1, waiting: 0, active: 0 })
})

test('a new interval replaces the old one, and "never" ends the schedule', async () => {
  await scheduleSnapshots(queues, 60_000)
  expect(await next()).toMatchObject({ every: 60_000 })
  expect((await next()).at).toBeLessThanOrEqual(Date.now() + 60_000)
  await scheduleSnapshots(queues, 'never')
  expect(await queues.snapshot.getJobSchedulers()).toEqual([])
  expect(await queues.snapshot.getJobCounts()).toMatchObject({ delayed: 0, waiting: 0 })
})

/** Starts two workers with this `write`, as two processes would. */
function startWorkers(write: Snapshots['write']) {
  const outage = { takes: () => false }
  const context = { connection, prefix: 't', log: pino({ level: 'silent' }), outage, metrics: makeMetrics() }
  const snapshots = { ...bed.open(), write }
  const workers = [snapshotWorker(context, snapshots), snapshotWorker(context, snapshots)]
  return () => Promise.all(workers.map((worker) => worker.close()))
}

test('where there is none, a first one is written within minutes, however often it is asked for', async () => {
  await scheduleFirstSnapshot(queues, 'never')
  expect(await queues.snapshot.getDelayed()).toEqual([])
  for (let n = 0; n < 3; n++) await scheduleFirstSnapshot(queues, 86_400_000)
  const jobs = await queues.snapshot.getDelayed()
  expect(jobs.map(({ data, delay }) => ({ data, delay }))).toEqual([
    { data: { kind: 'write' }, delay: 600_000 },
  ])
  await queues.snapshot.drain(true)
})

test('snapshots are written as scheduled', async () => {
  const { index, write } = bed.open({ keep: 2 })
  await index.apply('ci/app', [{ kind: 'drop', repository: 'app', at: 1 }])
  let written = 0
  const stop = startWorkers((onProgress) => write(onProgress).finally(() => written++))
  await scheduleSnapshots(queues, 200)
  await eventually(
    async () => written,
    (count) => count >= 4,
  )
  await scheduleSnapshots(queues, 'never')
  await stop()
  expect(await listSnapshots(bed.store)).toHaveLength(2)
})

test('one job runs at a time, over all workers', async () => {
  const running: number[] = []
  let now = 0
  const stop = startWorkers(async () => {
    running.push(++now)
    await sleep(100)
    now -= 1
    return { key: null, projects: 0, facts: 0, deleted: [] }
  })
  for (let n = 0; n < 4; n++) await queues.snapshot.add('snapshot', { kind: 'write' })
  await eventually(
    async () => running.length,
    (count) => count === 4,
  )
  await stop()
  expect(running).toEqual([1, 1, 1, 1])
})
