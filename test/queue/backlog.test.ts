import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeBacklog } from '../../src/queue/backlog.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { sampleAlert } from '../alerts/sample-alert.ts'

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
  const sizes = await Promise.all(keys.map((key) => bed.redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0)))
  return sizes.reduce<number>((sum, size) => sum + Number(size), 0)
}

test('is 0 for empty queues', async () => {
  const backlog = makeBacklog({ redis: bed.redis, queues })
  expect(await backlog.read()).toEqual({ jobs: 0, bytes: 0 })
})

test('counts waiting, delayed and failed jobs, and measures a small queue exactly', async () => {
  await add(3, 100)
  await add(2, 5_000, 60_000)
  const failed = (await bed.redis.rpop('{lab}:events:wait')) ?? ''
  await bed.redis.zadd('{lab}:events:failed', 1, failed)
  const backlog = makeBacklog({ redis: bed.redis, queues })
  expect(await backlog.read()).toEqual({ jobs: 5, bytes: await measuredBytes() })
})

test('counts the jobs that events make other queues hold', async () => {
  await add(1, 100)
  const push = { kind: 'references', registry: 'ci', repository: 'a/b', at: 1, via: 'push' } as const
  await queues.resolve.addBulk(
    Array.from({ length: 500 }, (_, n) => ({
      name: 'resolve',
      data: { ...push, digest: `sha256:${`${n}`.padStart(64, '0')}` },
      opts: { delay: n % 2 ? 60_000 : 0 },
    })),
  )
  const { jobs, bytes } = await makeBacklog({ redis: bed.redis, queues }).read()
  expect(jobs).toBe(501)
  expect(bytes).toBeGreaterThan(500 * 300)
})

test('what waits for a chat or a program that is away does not count', async () => {
  const change = { id: 'a', at: '', type: 'image.promoted', subject: 'ci/a', scope: 'ci/a', data: {} }
  await queues.outgoing.add('outgoing', { change, to: 'webhook deploy' })
  await queues.alerts.add('alerts', { kind: 'announce', alert: sampleAlert })
  expect(await makeBacklog({ redis: bed.redis, queues }).read()).toEqual({ jobs: 0, bytes: 0 })
})

test('of a Redis that refuses MEMORY to this user it estimates the bytes', async () => {
  for (let round = 0; round < 10; round++) await add(5, 200 + 1_000 * round)
  await bed.redis.call('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '&*', '+@all', '-memory')
  const limited = bed.redis.duplicate({ username: 'limited', password: 'secret' })
  try {
    await expect(limited.call('MEMORY', 'USAGE', 'x')).rejects.toThrow('NOPERM')
    const { jobs, bytes } = await makeBacklog({ redis: limited, queues }).read()
    expect(jobs).toBe(50)
    const expected = await measuredBytes()
    expect(bytes / expected).toBeGreaterThan(0.5)
    expect(bytes / expected).toBeLessThan(2)
  } finally {
    limited.disconnect()
  }
})

test('estimates a large queue of jobs of all sizes', async () => {
  for (let round = 0; round < 40; round++) await add(25, 100 + 500 * (round % 8))
  const { jobs, bytes } = await makeBacklog({ redis: bed.redis, queues }).read()
  expect(jobs).toBe(1_000)
  const expected = await measuredBytes()
  expect(bytes / expected).toBeGreaterThan(0.6)
  expect(bytes / expected).toBeLessThan(1.6)
})

test('gives the last reading at once, and reads anew when it is asked again later', async () => {
  const backlog = makeBacklog({ redis: bed.redis, queues })
  expect(backlog.last()).toEqual({ jobs: 0, bytes: 0 })
  await add(4, 10)
  await expect.poll(() => backlog.last().jobs).toBe(4)
})
