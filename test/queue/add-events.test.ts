import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeLog } from '../../src/platform/log.ts'
import { makeAddEvents } from '../../src/queue/add-events.ts'
import type { Jobs } from '../../src/queue/jobs.ts'
import { makeWorker } from '../../src/queue/make-worker.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'

const bed = useRedis()
const prefix = 'lab'
const start = '{lab}:events:'

let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, prefix)
  return () => closeQueues(queues)
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
      await makeAddEvents({ redis: bed.redis, prefix })(data)
    })
    expect(ours).toEqual(theirs)
    expect(ours.wait).toEqual(['2', '1'])
  },
)

test('wakes a worker that waits, which gets what was added, in order', async () => {
  const seen: unknown[] = []
  const worker = makeWorker(
    'events',
    { connection: bed.redis, prefix, log: makeLog('silent') },
    async (data) => {
      seen.push(data)
    },
  )
  await worker.waitUntilReady()
  const add = makeAddEvents({ redis: bed.redis, prefix })
  for (const id of ['a', 'b', 'c']) await add(data(id))
  await expect.poll(() => seen).toEqual([data('a'), data('b'), data('c')])
  await worker.close()
})
