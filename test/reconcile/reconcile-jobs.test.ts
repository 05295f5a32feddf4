import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { addReconcileJob, scheduleReconciles } from '../../src/reconcile/reconcile-jobs.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(() => closeQueues(queues))

const scheduled = async () =>
  (await queues.reconcile.getJobSchedulers()).map(({ key, every }) => [key, Number(every)]).sort()
const DAY = 86_400_000

test('each registry of the configuration has a schedule, and no other', async () => {
  await scheduleReconciles(queues, ['a', 'b'], DAY)
  expect(await scheduled()).toEqual([
    ['reconcile-a', DAY],
    ['reconcile-b', DAY],
  ])
  await scheduleReconciles(queues, ['b'], DAY / 2)
  expect(await scheduled()).toEqual([['reconcile-b', DAY / 2]])
  await scheduleReconciles(queues, ['b'], 'never')
  expect(await scheduled()).toEqual([])
})

test('the first reconcile comes after one interval, and a restart does not put it off', async () => {
  const next = async () => (await queues.reconcile.getJobSchedulers())[0]?.next ?? 0
  const began = Date.now()
  await scheduleReconciles(queues, ['a'], DAY)
  const first = await next()
  expect(first).toBeGreaterThanOrEqual(began + DAY)
  await new Promise((resolve) => setTimeout(resolve, 20))
  await scheduleReconciles(queues, ['a'], DAY)
  expect(await next()).toBe(first)
})

test('requests for the same reconcile before it begins become one job', async () => {
  const request = { registry: 'a', dryRun: false, reason: 'test' }
  const ids = new Set<string>()
  for (let n = 0; n < 5; n++) ids.add(await addReconcileJob(queues, request, 1_000))
  expect(ids.size).toBe(1)
  // A dry run and another registry are other jobs.
  ids.add(await addReconcileJob(queues, { ...request, dryRun: true }, 1_000))
  ids.add(await addReconcileJob(queues, { ...request, registry: 'b' }, 1_000))
  expect(ids.size).toBe(3)
  expect(await queues.reconcile.getDelayedCount()).toBe(3)
})
