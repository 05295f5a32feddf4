import { Worker } from 'bullmq'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { schedulePolicies } from '../../src/expiry/schedule.ts'
import { closeQueues, makeQueues, type Queues, queuePrefix } from '../../src/queue/queues.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(() => closeQueues(queues))

const HOUR_MS = 3_600_000
const scheduled = async () =>
  (await queues.expiry.getJobSchedulers())
    .map(({ key, every, template }) => ({ key, every: Number(every), data: template?.data }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))

test('each policy has one schedule', async () => {
  await schedulePolicies(queues, [{ name: 'a' }, { name: 'b' }], { everyMs: HOUR_MS, dryRun: true })
  expect(await scheduled()).toEqual([
    { key: 'expiry-a', every: HOUR_MS, data: { policy: 'a', dryRun: true, acceptShare: false } },
    { key: 'expiry-b', every: HOUR_MS, data: { policy: 'b', dryRun: true, acceptShare: false } },
  ])
})

test('a policy that is no longer configured loses its schedule, and the others get the new settings', async () => {
  await schedulePolicies(queues, [{ name: 'a' }, { name: 'b' }], { everyMs: HOUR_MS, dryRun: true })
  await schedulePolicies(queues, [{ name: 'b' }], { everyMs: 2 * HOUR_MS, dryRun: false })
  expect(await scheduled()).toEqual([
    { key: 'expiry-b', every: 2 * HOUR_MS, data: { policy: 'b', dryRun: false, acceptShare: false } },
  ])
})

test('a restart with the same settings starts no run', async () => {
  const settings = { everyMs: HOUR_MS, dryRun: true }
  await schedulePolicies(queues, [{ name: 'a' }], settings)
  const worker = new Worker('expiry', null, { connection: bed.redis, prefix: queuePrefix('t') })
  const first = await worker.getNextJob('token')
  await first?.moveToCompleted(undefined, 'token', false)
  await schedulePolicies(queues, [{ name: 'a' }], settings)
  expect(await queues.expiry.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 0, delayed: 1 })
  await worker.close()
})
