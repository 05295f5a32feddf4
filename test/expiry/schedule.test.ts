import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { type Schedule, schedulePolicies } from '../../src/expiry/schedule.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(() => closeQueues(queues))

const policy = (name: string, more: Partial<Schedule> = {}): Schedule => ({
  ...{ name, registry: 'ci', schedule: '0 3 * * *', timeZone: 'Europe/Berlin' },
  ...more,
})
const scheduled = async () =>
  (await queues.expiry.getJobSchedulers())
    .map(({ key, pattern, tz, template }) => ({ key, pattern, tz, data: template?.data }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
const NIGHTLY = { pattern: '0 3 * * *', tz: 'Europe/Berlin' }
const data = { dryRun: false, acceptShare: false, by: 'schedule' }

test('each policy has one schedule for each of its registries', async () => {
  await schedulePolicies(queues, [policy('a'), policy('a', { registry: 'prod' }), policy('b')])
  expect(await scheduled()).toEqual([
    { key: 'ci/a', ...NIGHTLY, data: { policy: 'a', registry: 'ci', ...data } },
    { key: 'ci/b', ...NIGHTLY, data: { policy: 'b', registry: 'ci', ...data } },
    { key: 'prod/a', ...NIGHTLY, data: { policy: 'a', registry: 'prod', ...data } },
  ])
})

test('the time zone decides when a policy runs', async () => {
  await schedulePolicies(queues, [policy('a'), policy('b', { timeZone: 'UTC' })])
  const nextOf = async (key: string) => new Date((await queues.expiry.getJobScheduler(key))?.next ?? 0)
  expect((await nextOf('ci/b')).getUTCHours()).toBe(3)
  expect([1, 2]).toContain((await nextOf('ci/a')).getUTCHours())
})

test('a policy that is no longer configured loses its schedule, and the others get the new settings', async () => {
  await schedulePolicies(queues, [policy('a'), policy('b')])
  await schedulePolicies(queues, [policy('b', { schedule: '*/10 * * * * *', timeZone: 'UTC' })])
  expect(await scheduled()).toEqual([
    { key: 'ci/b', pattern: '*/10 * * * * *', tz: 'UTC', data: { policy: 'b', registry: 'ci', ...data } },
  ])
  expect(await queues.expiry.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 0, delayed: 1 })
})

test('a start with the same settings starts no run, and drops none that waits', async () => {
  await schedulePolicies(queues, [policy('a')])
  await schedulePolicies(queues, [policy('a')])
  expect(await queues.expiry.getJobCounts('waiting', 'delayed')).toEqual({ waiting: 0, delayed: 1 })
  const [due] = await queues.expiry.getDelayed()
  await due?.promote()
  await schedulePolicies(queues, [policy('a')])
  expect((await queues.expiry.getWaiting()).map(({ data }) => data)).toEqual([
    { policy: 'a', registry: 'ci', ...data },
  ])
})
