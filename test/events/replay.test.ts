import { afterAll, beforeAll, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeReplay } from '../../src/events/replay.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { makeIndexEventsBed } from './index-events-bed.ts'

const lab = useRedis()
let queues: Queues
beforeAll(() => {
  queues = makeQueues(lab.redis, 't')
})
afterAll(() => closeQueues(queues))

const DAY = 86_400_000
const ago = (ms: number) => new Date(Date.now() - ms).toISOString()

/** A pull: the kind of event that must not be counted twice. */
const pull = (id: string, more: { action?: string; timestamp?: string } = {}) => ({
  ...{ id, timestamp: ago(60_000), action: 'pull', request: { method: 'GET' }, ...more },
  target: {
    ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', size: 500, repository: 'team/app' },
    ...{ digest: `sha256:${'a'.repeat(64)}`, tag: 'v1' },
  },
})

/** A bed in which an older version did not understand pulls. `work` processes the waiting jobs as a worker does. */
function makeBed() {
  const bed = makeIndexEventsBed({ redis: lab.redis, queues })
  const { quarantine, index, indexEvents } = bed
  const quarantined = (event: unknown, reason = 'action "pull" is not known') =>
    quarantine.add({ registry: 'ci', receivedAt: ago(DAY), reason, event })
  async function work(): Promise<number> {
    const jobs = await queues.events.getJobs(['waiting'], 0, -1, true)
    for (const job of jobs) {
      await indexEvents(job.data.deliveries)
      await job.remove()
    }
    return jobs.length
  }
  const pulls = async () => (await index.usage('ci/team'))?.pulls
  const ids = async () => (await quarantine.page(100, {})).found.map(({ id }) => id)
  return { ...bed, quarantined, work, pulls, ids }
}

test('an event that is understood now is indexed and leaves quarantine', async () => {
  const { quarantine, quarantined, work, pulls, ids } = makeBed()
  await quarantined(pull('1'))
  await quarantined(pull('2'))
  const replay = makeReplay({ quarantine, queues })
  const [newest = ''] = await ids()
  expect(await replay.one(newest)).toBe(true)
  expect(await replay.one(newest)).toBe(false)
  expect(await replay.all({ registry: 'hub' })).toBe(0)
  expect(await replay.all({ registry: 'ci', reason: 'not known' })).toBe(1)
  expect([await work(), await pulls(), await ids()]).toEqual([2, 2, []])
})

test('if the process dies before the queue has the event, the event stays in quarantine', async () => {
  const { quarantine, quarantined, ids } = makeBed()
  await quarantined(pull('1'))
  const before = await ids()
  const add = async () => Promise.reject(new Error('killed'))
  const killed = makeReplay({
    quarantine,
    queues: { events: Object.assign(Object.create(queues.events), { add }) },
  })
  await expect(killed.all({})).rejects.toThrow('killed')
  expect(await ids()).toEqual(before)
})

test('if the process dies once the queue has it, the worker removes the entry, and a second replay counts no pull again', async () => {
  const { quarantine, quarantined, work, pulls, ids } = makeBed()
  await quarantined(pull('1'))
  const remove = async () => Promise.reject(new Error('killed'))
  const killed = makeReplay({ quarantine: { ...quarantine, remove }, queues })
  await expect(killed.all({})).rejects.toThrow('killed')
  expect(await ids()).toHaveLength(1)
  await expect(killed.all({})).rejects.toThrow('killed')
  expect([await work(), await pulls(), await ids()]).toEqual([1, 1, []])
})

test('two replays of all events at once index each event once', async () => {
  const { quarantine, quarantined, work, pulls, ids } = makeBed()
  for (let n = 0; n < 130; n++) await quarantined(pull(String(n)))
  const replay = makeReplay({ quarantine, queues })
  await Promise.all([replay.all({}), replay.all({}), replay.one((await ids())[0] ?? '')])
  await work()
  expect([await pulls(), await ids()]).toEqual([130, []])
})

test('an event that is still not understood has one entry again, whichever comes first, the entry or the removal of the old one', async () => {
  const { quarantine, quarantined, work, ids, missing } = makeBed()
  await quarantined(pull('1', { action: 'explode' }))
  const before = await ids()
  await makeReplay({ quarantine, queues }).all({})
  expect(await ids()).toEqual([])
  await work()
  const between = await ids()
  expect(between).toHaveLength(1)
  expect(between).not.toEqual(before)

  const remove = async (taken: readonly string[]) => {
    await work()
    return quarantine.remove(taken)
  }
  await makeReplay({ quarantine: { ...quarantine, remove }, queues }).all({})
  expect(await ids()).toHaveLength(1)
  expect(await ids()).not.toEqual(between)
  expect((await quarantine.page(10, {})).found).toMatchObject([
    { reason: 'action "explode" is not known', event: { id: '1' } },
  ])
  // The gap was noted when the event first came; replaying it notes no other.
  expect(missing).toEqual([])
})

test('an event from the future passes once its time has come; one that is too old by now is quarantined again', async () => {
  const { quarantine, quarantined, work, pulls } = makeBed()
  await quarantined(pull('early'), 'timestamp is more than 5 minutes after when it was received')
  await quarantined(pull('still early', { timestamp: ago(-DAY) }))
  await quarantined(pull('old', { timestamp: ago(31 * DAY) }))
  expect(await makeReplay({ quarantine, queues }).all({})).toBe(3)
  await work()
  expect(await pulls()).toBe(1)
  expect((await quarantine.page(10, {})).found.map(({ reason }) => reason).reverse()).toEqual([
    expect.stringContaining('more than 5 minutes after'),
    expect.stringContaining('more than 30 days before'),
  ])
})
