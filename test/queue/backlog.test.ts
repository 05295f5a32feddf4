import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeBacklog } from '../../src/queue/backlog.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'

const bed = useRedis()

let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 'lab')
  return () => closeQueues(queues)
})

const add = (count: number, length: number, delay = 0) =>
  queues.events.addBulk(
    Array.from({ length: count }, () => ({
      name: 'events',
      data: { deliveries: [{ registry: 'ci', receivedAt: '', events: ['x'.repeat(length)] }] },
      opts: { delay },
    })),
  )

/** The memory that Redis uses for the jobs' keys, in bytes. */
async function measuredBytes(): Promise<number> {
  const keys = (await bed.redis.keys('{lab}:events:*')).filter((key) => /:\d+$/.test(key))
  const sizes = await Promise.all(keys.map((key) => bed.redis.call('MEMORY', 'USAGE', key)))
  return sizes.reduce<number>((sum, size) => sum + Number(size), 0)
}

test('is 0 for an empty queue', async () => {
  const backlog = makeBacklog({ redis: bed.redis, queues, queue: 'events' })
  expect(await backlog.read()).toEqual({ jobs: 0, bytes: 0 })
})

test('counts waiting, delayed and failed jobs, and measures a small queue exactly', async () => {
  await add(3, 100)
  await add(2, 5_000, 60_000)
  const failed = (await bed.redis.rpop('{lab}:events:wait')) ?? ''
  await bed.redis.zadd('{lab}:events:failed', 1, failed)
  const backlog = makeBacklog({ redis: bed.redis, queues, queue: 'events' })
  expect(await backlog.read()).toEqual({ jobs: 5, bytes: await measuredBytes() })
})

test('estimates a large queue of jobs of all sizes', async () => {
  for (let round = 0; round < 40; round++) await add(25, 100 + 500 * (round % 8))
  const { jobs, bytes } = await makeBacklog({ redis: bed.redis, queues, queue: 'events' }).read()
  expect(jobs).toBe(1_000)
  const expected = await measuredBytes()
  expect(bytes / expected).toBeGreaterThan(0.6)
  expect(bytes / expected).toBeLessThan(1.6)
})

test('gives the last reading at once, and reads anew when it is asked again later', async () => {
  const backlog = makeBacklog({ redis: bed.redis, queues, queue: 'events' })
  expect(backlog.last()).toEqual({ jobs: 0, bytes: 0 })
  await add(4, 10)
  await expect.poll(() => backlog.last().jobs).toBe(4)
})
