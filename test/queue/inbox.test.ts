import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeLog } from '../../src/platform/log.ts'
import { type Inbox, makeInbox } from '../../src/queue/inbox.ts'
import type { Jobs } from '../../src/queue/jobs.ts'
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

const data = (id: string): Jobs['events'] => ({
  deliveries: [{ registry: 'ci', receivedAt: '2026-11-23T10:00:00Z', events: [{ id, text: 'å"\u2028' }] }],
})

/** All that a queue's job left in Redis; the stream of its events apart, which ours does without. */
async function left(add: (data: Jobs['events']) => Promise<unknown>) {
  await bed.redis.flushall()
  await queues.events.waitUntilReady()
  await add(data('a'))
  await add(data('b'))
  const jobs = []
  for (const id of ['1', '2']) {
    const { timestamp, opts = '', ...job } = await bed.redis.hgetall(start + id)
    expect(Math.abs(Date.now() - Number(timestamp))).toBeLessThan(60_000)
    jobs.push({ ...job, opts: JSON.parse(opts) })
  }
  const keys = (await bed.redis.keys('*')).filter((key) => !/:(events|meta)$/.test(key)).sort()
  return {
    ...{ jobs, keys },
    id: await bed.redis.get(`${start}id`),
    wait: await bed.redis.lrange(`${start}wait`, 0, -1),
    marker: await bed.redis.zrange(`${start}marker`, '0', '-1', 'WITHSCORES'),
  }
}

test.each([false, true])(
  'leaves in Redis what BullMQ’s own `add` does (queue paused: %s)',
  async (isPaused) => {
    const pause = async () => isPaused && (await queues.events.pause())
    const theirs = await left(async (data) => {
      await pause()
      await queues.events.add('events', data)
    })
    const ours = await left(async (data) => {
      await pause()
      await inbox.put(data)
      await inbox.empty()
    })
    expect(ours).toEqual(theirs)
    expect(ours.wait).toEqual(['2', '1'])
  },
)

const jobs = async () => (await queues.events.getJobs(['waiting'], 0, -1, true)).map(({ data }) => data)

test('what is put at about the same time becomes one job, and wakes a worker that waits', async () => {
  const seen: unknown[] = []
  const worker = makeWorker(
    'events',
    { connection: bed.redis.duplicate(), prefix, log: makeLog('silent') },
    async (data) => {
      seen.push(data)
    },
  )
  await worker.waitUntilReady()
  for (const id of ['a', 'b', 'c']) await inbox.put(data(id))
  const all = ['a', 'b', 'c'].flatMap((id) => data(id).deliveries)
  await expect.poll(() => seen).toEqual([{ deliveries: all }])
  await worker.close()
})

test('a job holds no more events or bytes than it may, but for one request that is larger by itself', async () => {
  const of = (events: number, text = ''): Jobs['events'] => ({
    deliveries: [{ registry: 'ci', receivedAt: '', events: Array(events).fill(text) }],
  })
  const mebibyte = 'x'.repeat(2 ** 20)
  for (const one of [of(200), of(300), of(1), of(499), of(900), of(1), of(1, mebibyte), of(1, mebibyte)])
    await inbox.put(one)
  await inbox.empty()
  const counts = (await jobs()).map(({ deliveries }) => deliveries.map(({ events }) => events.length))
  expect(counts).toEqual([[200, 300], [1, 499], [900], [1, 1], [1]])
})

test('what a process put that died at once is there for another, once', async () => {
  await inbox.put(data('a'))
  inbox.close()
  const others = [1, 2, 3].map(() => makeInbox({ redis: bed.redis, prefix }))
  await Promise.all(others.map((other) => other.empty()))
  expect(await jobs()).toEqual([data('a')])
})

test('what could not be made a job is one with what comes next', async () => {
  await bed.redis.set(`${start}wait`, 'no list')
  await inbox.put(data('a'))
  await expect(inbox.empty()).rejects.toThrow('WRONGTYPE')
  await bed.redis.del(`${start}wait`)
  await inbox.put(data('b'))
  await expect.poll(jobs).toEqual([{ deliveries: ['a', 'b'].flatMap((id) => data(id).deliveries) }])
})
