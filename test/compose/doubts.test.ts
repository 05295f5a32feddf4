import { Worker } from 'bullmq'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeDoubtOf } from '../../src/compose/doubts.ts'
import { closeQueues, makeQueues, type Queues, queuePrefix } from '../../src/queue/queues.ts'

/** Whether events wait, by the real queue. */
const bed = useRedis()
const MINUTES = 60_000
const ledger = {
  status: async () => ({ exact: { since: 1, images: 0, repositories: 0 }, gaps: [], covered: 0 }),
}

let queues: Queues
let doubtOf: ReturnType<typeof makeDoubtOf>
let storeDoubt: string | undefined
let restoring = false
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
  storeDoubt = undefined
  restoring = false
  doubtOf = makeDoubtOf({
    ...{ ledger, queues, storeDoubt: async () => storeDoubt, isRestoring: async () => restoring },
  })
  return () => closeQueues(queues)
})
const doubt = () => doubtOf('ci')
/** Adds a job of this age with so many events of each registry, which runs after `delay`; both in ms. */
const add = (age: number, { delay = 0, registries = ['ci'], events = 1 } = {}) =>
  queues.events.add(
    'events',
    {
      deliveries: registries.map((registry) => ({
        registry,
        receivedAt: '2026-11-26T10:00:00Z',
        events: Array(events).fill({ id: 'e' }),
      })),
    },
    { timestamp: Date.now() - age, delay, attempts: 1 },
  )
/** A worker whose jobs are in hand until the test ends. */
function work() {
  const held = Promise.withResolvers<void>()
  const options = { connection: bed.redis, prefix: queuePrefix('t'), concurrency: 10 }
  const worker = new Worker('events', () => held.promise, options)
  return async () => {
    held.resolve()
    await worker.close()
  }
}
async function fail() {
  const options = { connection: bed.redis, prefix: queuePrefix('t') }
  const worker = new Worker('events', () => Promise.reject(new Error('given up')), options)
  worker.on('error', () => {})
  await expect.poll(() => queues.events.getJobCountByTypes('waiting', 'active')).toBe(0)
  await worker.close()
}

test('without jobs there is no doubt, nor with a young one', async () => {
  expect(await doubt()).toBeUndefined()
  await add(0)
  expect(await doubt()).toBeUndefined()
})

test('a job that failed and is tried again later is a doubt', async () => {
  await add(0, { delay: 14 * MINUTES })
  expect(await doubt()).toBe('1 jobs with accepted events failed, and are tried again later')
})

test('a job that was given up is a doubt', async () => {
  await add(0)
  await fail()
  expect(await doubt()).toMatch(/^1 jobs with accepted events were given up/)
})

test('an old job that waits, or is in hand, is a doubt', async () => {
  await add(10 * MINUTES)
  expect(await doubt()).toMatch(/^accepted events have been waiting for 60\d seconds$/)
  const stop = work()
  try {
    await expect.poll(() => queues.events.getActiveCount()).toBe(1)
    expect(await doubt()).toMatch(/have been waiting/)
  } finally {
    await stop()
  }
})

describe('events of another registry are no doubt', () => {
  const other = { registries: ['production', 'cache'] }

  test('that failed, in whatever number, beside those of this registry', async () => {
    for (let n = 0; n < 20; n++) await add(0, other)
    await fail()
    for (let n = 0; n < 20; n++) await add(0, { ...other, delay: MINUTES })
    expect(await doubt()).toBeUndefined()
    expect(await doubtOf('cache')).toMatch(/^20 jobs with accepted events were given up/)
    await add(0, { registries: ['production', 'ci'], delay: MINUTES })
    expect(await doubt()).toMatch(/^1 jobs with accepted events failed/)
  })

  test('that wait or are in hand, also before those of this registry', async () => {
    for (let n = 0; n < 3; n++) await add(20 * MINUTES, other)
    expect(await doubt()).toBeUndefined()
    expect(await doubtOf('production')).toMatch(/waiting for 120\d seconds/)
    await add(10 * MINUTES)
    expect(await doubt()).toMatch(/waiting for 60\d seconds/)
    const stop = work()
    try {
      await expect.poll(() => queues.events.getActiveCount()).toBe(4)
      expect(await doubt()).toMatch(/waiting for 60\d seconds/)
    } finally {
      await stop()
    }
  })
})

describe('what is too much to be read counts as events of this registry', () => {
  const other = { registries: ['production'] }

  test('jobs', async () => {
    await Promise.all(Array.from({ length: 200 }, () => add(10 * MINUTES, other)))
    expect(await doubt()).toBeUndefined()
    await add(10 * MINUTES, other)
    expect(await doubt()).toMatch(/waiting for 60 seconds/)
  })

  test('events, until they are read: what a job holds is read once', async () => {
    for (let n = 0; n < 3; n++) await add(0, { ...other, delay: MINUTES, events: 3_000 })
    expect(await doubt()).toMatch(/^1 jobs with accepted events failed/)
    expect(await doubt()).toBeUndefined()
    const get = vi.spyOn(queues.events, 'getJob')
    expect(await doubt()).toBeUndefined()
    expect(get).not.toHaveBeenCalled()
  })
})
