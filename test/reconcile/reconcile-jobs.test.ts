import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { makeLedger } from '../../src/reconcile/ledger.ts'
import {
  requestAutomaticReconcile,
  requestReconcile,
  scheduleReconciles,
} from '../../src/reconcile/reconcile-jobs.ts'

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

test('automatic requests before the reconcile begins become one job; each person gets a job to follow', async () => {
  const ledger = makeLedger({ redis: bed.redis, prefix: 't' })
  const parts = { queues, ledger }
  for (const registry of ['a', 'a', 'a', 'b'])
    await requestAutomaticReconcile(parts, { registry, reason: 'test' }, 1_000)
  expect(await queues.reconcile.getDelayedCount()).toBe(2)
  const request = { registry: 'a', dryRun: false, acceptLoss: false }
  const ids = [await requestReconcile(parts, request), await requestReconcile(parts, request)]
  await requestReconcile(parts, { ...request, dryRun: true })
  expect(new Set(ids).size).toBe(2)
  expect(await queues.reconcile.getWaitingCount()).toBe(3)
  // A dry run answers nobody's request, so it is none.
  expect(await ledger.asked('a')).toBe(5)
})
