import { Worker } from 'bullmq'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { findRun } from '../../src/expiry/find-run.ts'
import { runOf } from '../../src/expiry/run-id.ts'
import { makeRunTurn } from '../../src/expiry/run-turn.ts'
import { summaryOf } from '../../src/expiry/runs.ts'
import { schedulePolicies } from '../../src/expiry/schedule.ts'
import { stopRuns } from '../../src/expiry/stop-runs.ts'
import { closeQueues, makeQueues, type Queues, queuePrefix } from '../../src/queue/queues.ts'
import { sampleRun } from './sample-run.ts'

/** Runs that wait and are in hand, by the real queue. */
const bed = useRedis()
let queues: Queues
const workers: Worker[] = []
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.close()
  await closeQueues(queues)
})

const add = (policy: string, registry = 'ci') =>
  queues.expiry.add('expiry', { policy, registry, dryRun: false, acceptShare: false, by: 'somebody' })
/** Takes a job as a worker of another process does. */
async function take() {
  const worker = new Worker('expiry', null, { connection: bed.redis, prefix: queuePrefix('t') })
  workers.push(worker)
  const job = await worker.getNextJob('token')
  if (job === undefined) throw new Error('no job waits')
  return job
}
const stop = (scope: { policy?: string; registry?: string } = {}) =>
  stopRuns(queues, { ...scope, covers: () => true }, 'admin token from ::1', Date.now())
const stopOf = async (id: string | undefined) => (await queues.expiry.getJob(id ?? ''))?.data.stopped
const find = (id: string, record = sampleRun()) =>
  findRun({ queues, runs: { get: async () => summaryOf(record) } }, id)

test('runs that wait and runs in hand are stopped, once; those that come later are not', async () => {
  const inHand = await add('a')
  await take()
  const waits = await add('b')
  const stopped = await stop()
  expect(stopped.map(({ run }) => run).sort()).toEqual([runOf(inHand).id, runOf(waits).id].sort())
  for (const { id } of [inHand, waits])
    expect(await stopOf(id)).toEqual({ by: 'admin token from ::1', at: expect.stringMatching(/Z$/) })
  const later = await add('a')
  expect(await stopOf(later.id)).toBeUndefined()
  expect((await stop()).map(({ run }) => run)).toEqual([runOf(later).id])
})

test('a stop can be for a policy, a registry, or both', async () => {
  const jobs = { a: await add('a'), b: await add('b'), other: await add('a', 'production') }
  const isStopped = async () =>
    Promise.all(Object.values(jobs).map(async ({ id }) => (await stopOf(id)) !== undefined))
  expect(await stop({ policy: 'a', registry: 'nowhere' })).toEqual([])
  await stop({ policy: 'a', registry: 'ci' })
  expect(await isStopped()).toEqual([true, false, false])
  await stop({ registry: 'production' })
  expect(await isStopped()).toEqual([true, false, true])
})

test('a stop leaves the schedule alone, and the run after a stopped one is not stopped', async () => {
  await schedulePolicies(queues, [{ name: 'a', registry: 'ci', schedule: '0 3 * * *', timeZone: 'UTC' }])
  expect(await stop()).toEqual([])
  const [due] = await queues.expiry.getDelayed()
  await due?.changeDelay(0)
  await due?.promote()
  await take()
  await stopRuns(queues, { covers: () => true }, 'admin token from ::1', Date.now() + 2 * 86_400_000)
  const [next] = await queues.expiry.getDelayed()
  expect(next?.id).not.toBe(due?.id)
  await next?.promote()
  expect((await queues.expiry.getJob(due?.id ?? ''))?.data.stopped).toBeDefined()
})

test('the state of a run is that of its job until it has ended', async () => {
  const job = await add('a')
  const { id } = runOf(job)
  const none = { queues, runs: { get: async () => undefined } }
  expect(await findRun(none, id)).toMatchObject({ id, state: 'waiting', policy: 'a', by: 'somebody' })
  expect(await findRun(none, `${id.slice(0, -1)}g`)).toBeUndefined()
  expect(await findRun(none, runOf({ id: 'other', timestamp: job.timestamp, opts: {} }).id)).toBeUndefined()

  const inHand = await take()
  const progress = { planned: 9, plannedBytes: 900, done: 3, freedBytes: 300 }
  await inHand.updateProgress(progress)
  expect(await find(id, sampleRun({ state: 'running' }))).toMatchObject({ state: 'running', progress })
  // Of the attempt before.
  expect(await find(id, sampleRun({ state: 'failed', stopped: '401' }))).toEqual(
    expect.not.objectContaining({ stopped: '401' }),
  )
  await inHand.moveToCompleted('done', 'token', false)
  expect(await find(id, sampleRun({ state: 'done' }))).toMatchObject({ state: 'done' })
  expect(await find(id, sampleRun({ state: 'running' }))).toMatchObject({
    state: 'failed',
    stopped: 'its job is gone',
  })
})

test('a run that was stopped while it waits says so at once', async () => {
  const job = await add('a')
  await stop()
  expect(await findRun({ queues, runs: { get: async () => undefined } }, runOf(job).id)).toMatchObject({
    state: 'stopped',
    stopped: expect.stringMatching(/^admin token from ::1 stopped it at /),
  })
})

test('one run at a time deletes at a registry, in whatever process', async () => {
  for (const registry of ['ci', 'ci', 'production']) await add('a', registry)
  const isTurn = makeRunTurn(queues)
  const [first, second, other] = [await take(), await take(), await take()]
  expect(await Promise.all([first, second, other].map(isTurn))).toEqual([true, false, true])
  await first.moveToCompleted('done', 'token', false)
  expect(await isTurn(second)).toBe(true)
})
