import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeLog } from '../../src/platform/log.ts'
import { deliveriesOf, type Inbox, makeInbox } from '../../src/queue/inbox.ts'
import type { Delivery } from '../../src/queue/jobs.ts'
import { makeWorker } from '../../src/queue/make-worker.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'

const bed = useRedis()
const prefix = 'lab'
const start = '{lab}:events:'

let queues: Queues
let inbox: Inbox
beforeEach(() => {
  queues = makeQueues(bed.redis, prefix)
  inbox = makeInbox({ redis: bed.redis, prefix })
  return () => {
    inbox.close()
    return closeQueues(queues)
  }
})

const delivery = (id: string): Delivery[] => [
  { registry: 'ci', receivedAt: '2026-11-23T10:00:00Z', events: [{ id, text: 'å"\u2028' }] },
]

/** All that a queue's jobs left in Redis; the stream of its events apart, which ours does without. */
async function left(add: (deliveries: Delivery[]) => Promise<unknown>) {
  await bed.redis.flushall()
  await queues.events.waitUntilReady()
  await add(delivery('a'))
  await add(delivery('b'))
  const jobs = []
  for (const id of ['1', '2']) {
    const { timestamp, opts = '', data = '', ...fields } = await bed.redis.hgetall(start + id)
    expect(Math.abs(Date.now() - Number(timestamp))).toBeLessThan(60_000)
    const deliveries = await deliveriesOf(queues.events, { id, data: JSON.parse(data) })
    jobs.push({ ...fields, opts: JSON.parse(opts), deliveries })
  }
  const keys = (await bed.redis.keys('*')).filter((key) => !/:(events|meta|logs)$/.test(key)).sort()
  return {
    ...{ jobs, keys },
    id: await bed.redis.get(`${start}id`),
    wait: await bed.redis.lrange(`${start}wait`, 0, -1),
    marker: await bed.redis.zrange(`${start}marker`, '0', '-1', 'WITHSCORES'),
  }
}

test.each([false, true])(
  'leaves in Redis what BullMQ’s own `add` does, but for where the deliveries are (queue paused: %s)',
  async (isPaused) => {
    const pause = async () => isPaused && (await queues.events.pause())
    const theirs = await left(async (deliveries) => {
      await pause()
      await queues.events.add('events', { deliveries })
    })
    const ours = await left(async (deliveries) => {
      await pause()
      await inbox.put(deliveries)
      await inbox.empty()
    })
    expect(ours).toEqual(theirs)
    expect(ours.wait).toEqual(['2', '1'])
  },
)

/** The deliveries of those that wait, oldest job first. */
async function jobs(): Promise<Delivery[][]> {
  const waiting = await queues.events.getJobs(['waiting'], 0, -1, true)
  return Promise.all(waiting.map((job) => deliveriesOf(queues.events, job)))
}

test('what is put at about the same time becomes one job, wakes a worker that waits, and goes with the job', async () => {
  const seen: unknown[] = []
  const worker = makeWorker(
    'events',
    { connection: bed.redis.duplicate(), prefix, log: makeLog('silent') },
    async (_, job) => {
      seen.push(await deliveriesOf(queues.events, job))
    },
  )
  await worker.waitUntilReady()
  await Promise.all(['a', 'b', 'c'].map((id) => inbox.put(delivery(id))))
  await expect.poll(() => seen).toEqual([['a', 'b', 'c'].flatMap(delivery)])
  await worker.close()
  expect((await bed.redis.keys('*')).filter((key) => key.startsWith(`${start}1`))).toEqual([])
})

test('a job holds no more events or bytes than it may, but for one request that is larger by itself', async () => {
  const of = (events: number, text = ''): Delivery[] => [
    { registry: 'ci', receivedAt: '', events: Array(events).fill(text) },
  ]
  const mebibyte = 'å'.repeat(2 ** 19)
  const all = [of(200), of(300), of(1), of(499), of(900), of(1), of(1, mebibyte), of(1, mebibyte)]
  await Promise.all(all.map(inbox.put))
  await inbox.empty()
  const counts = (await jobs()).map((deliveries) => deliveries.map(({ events }) => events.length))
  expect(counts).toEqual([[200, 300], [1, 499], [900], [1, 1], [1]])
  expect(await bed.redis.exists(`${start}inbox`)).toBe(0)
})

test('what a process put that died at once is there for another, once', async () => {
  await inbox.put(delivery('a'))
  inbox.close()
  const others = [1, 2, 3].map(() => makeInbox({ redis: bed.redis, prefix }))
  await Promise.all(others.map((other) => other.empty()))
  expect(await jobs()).toEqual([delivery('a')])
})

test('what could not be made a job is one with what comes next', async () => {
  await bed.redis.set(`${start}wait`, 'no list')
  await inbox.put(delivery('a'))
  await expect(inbox.empty()).rejects.toThrow('WRONGTYPE')
  inbox.close()
  await bed.redis.del(`${start}wait`)
  const another = makeInbox({ redis: bed.redis, prefix })
  await another.put(delivery('b'))
  await expect.poll(jobs).toEqual([['a', 'b'].flatMap(delivery)])
})
