import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { NotAnEnvelope } from '../../src/events/envelope.ts'
import { IntakeBusy, makeIntake } from '../../src/events/intake.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { deliveriesOf, makeInbox } from '../../src/queue/inbox.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'

const bed = useRedis()

let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 'lab')
  return () => closeQueues(queues)
})

/** An intake on a real queue, whose writes the test may hold back or have fail. */
function makeBed(maxBacklog = Number.POSITIVE_INFINITY) {
  const gate: { held?: Promise<void>; error?: Error; failsAfter?: number } = {}
  const state = { backlog: 0 }
  const inbox = makeInbox({ redis: bed.redis, prefix: 'lab' })
  const metrics = makeMetrics()
  const { receive, forgetRecent } = makeIntake({
    ...{ metrics, maxBacklog },
    inbox: {
      async put(data) {
        await gate.held
        if (gate.error) throw gate.error
        if (gate.failsAfter !== undefined && gate.failsAfter-- === 0) throw new Error('away')
        await inbox.put(data)
        // So that each write is a job.
        await inbox.empty()
      },
    },
    backlog: { last: () => ({ jobs: 0, bytes: state.backlog }) },
  })
  /** Sends a request with these events, whose body is padded to `bytes`. */
  const send = (registry: string, events: readonly unknown[], bytes = 0) =>
    receive(registry, Buffer.from(JSON.stringify({ events }).padEnd(bytes)))
  /** Holds writes back until what it gives is called. */
  const hold = (): ((error?: Error) => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate.held = promise
    return (error) => {
      if (error) gate.error = error
      delete gate.held
      resolve()
    }
  }
  return { send, receive, forgetRecent, metrics, state, gate, hold }
}

const at = '2026-11-23T10:00:00Z'
const event = (id: string, timestamp = at) => ({ id, timestamp, action: 'push' })

/** Jobs in the order that they came, as lists of `registry id`. */
async function queued(): Promise<string[][]> {
  const jobs = await queues.events.getJobs(['waiting'], 0, -1, true)
  const deliveries = await Promise.all(jobs.map((job) => deliveriesOf(queues.events, job)))
  return deliveries.map((one) =>
    one.flatMap(({ registry, events }) =>
      (events as ({ id: string } | null)[]).map((one) => `${registry} ${one?.id}`),
    ),
  )
}

test('the same event in flight waits for the first one’s write and shares its fate', async () => {
  const { send, gate, hold } = makeBed()
  const release = hold()
  const states: string[] = []
  for (let copy = 0; copy < 3; copy++)
    send('ci', [event('a')]).then(
      () => states.push('taken'),
      () => states.push('refused'),
    )
  await nextTurn()
  expect(states).toEqual([])
  release(new Error('Redis is away'))
  await expect.poll(() => states).toEqual(['refused', 'refused', 'refused'])
  delete gate.error
  await send('ci', [event('a')])
  expect(await queued()).toEqual([['ci a']])
})

test('an event taken before is acknowledged and not queued again, also within one request', async () => {
  const { send, metrics } = makeBed()
  await send('ci', [event('a'), event('b'), event('a')])
  await send('ci', [event('b'), event('c')])
  await send('ci', [event('c')])
  expect(await queued()).toEqual([['ci a', 'ci b'], ['ci c']])
  expect((await metrics.eventsRepeated.get()).values).toEqual([{ labels: { registry: 'ci' }, value: 3 }])
  expect((await metrics.eventsAccepted.get()).values).toEqual([{ labels: { registry: 'ci' }, value: 3 }])
})

test('another registry’s, one of another time, and what has no id are never taken for the same', async () => {
  const { send } = makeBed()
  await send('ci', [event('a')])
  await send('production', [event('a')])
  await send('ci', [event('a', '2026-11-23T10:00:01Z')])
  for (let copy = 0; copy < 2; copy++)
    await send('ci', [{ action: 'push' }, 'what', null, event('x'.repeat(300))])
  expect((await queued()).map((job) => job.length)).toEqual([1, 1, 1, 4, 4])
})

test('once Redis was lost, what it had acknowledged is taken again', async () => {
  const { send, forgetRecent } = makeBed()
  await send('ci', [event('a')])
  forgetRecent()
  await send('ci', [event('a')])
  expect(await queued()).toEqual([['ci a'], ['ci a']])
})

test('beyond the backlog’s bound nothing is taken', async () => {
  const { send, metrics, state } = makeBed(1_000)
  await send('ci', [event('a')])
  state.backlog = 1_001
  await expect(send('ci', [event('b')])).rejects.toThrow(IntakeBusy)
  state.backlog = 1_000
  await send('ci', [event('b')])
  expect(await queued()).toEqual([['ci a'], ['ci b']])
  expect((await metrics.deliveriesRefused.get()).values).toEqual([
    { labels: { registry: 'ci', reason: 'backlog' }, value: 1 },
  ])
})

test('a body that is no envelope is refused by itself', async () => {
  const { send, receive } = makeBed()
  const states = await Promise.allSettled([
    send('ci', [event('a')]),
    receive('ci', Buffer.from('{"events":')),
    send('ci', []),
    receive('ci', Buffer.from('[]')),
    send('ci', [event('b')]),
  ])
  expect(states.map(({ status }) => status)).toEqual([
    ...['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  ])
  for (const state of states)
    if (state.status === 'rejected') expect(state.reason).toBeInstanceOf(NotAnEnvelope)
  expect(await queued()).toEqual([['ci a', 'ci b']])
})

test('requests of many events make no larger jobs, and what was written stays written when the next job fails', async () => {
  const { send, gate, hold, metrics } = makeBed()
  const release = hold()
  const list = (name: string) => Array.from({ length: 200 }, (_, n) => event(`${name} ${n}`))
  const first = send('ci', list('first'))
  await nextTurn()
  const names = ['a', 'b', 'c', 'd', 'e']
  const rest = names.map((name) => send('ci', list(name)))
  release()
  await first
  await Promise.all(rest)
  expect((await queued()).map((job) => job.length)).toEqual([200, 400, 400, 200])

  gate.failsAfter = 1
  const states = await Promise.allSettled(names.map((name) => send('ci', list(`second ${name}`))))
  expect(states.every(({ status }) => status === 'rejected')).toBe(true)
  delete gate.failsAfter
  await Promise.all(names.map((name) => send('ci', list(`second ${name}`))))
  expect((await queued()).map((job) => job.length)).toEqual([200, 400, 400, 200, 400, 400, 200])
  expect((await metrics.eventsAccepted.get()).values).toEqual([{ labels: { registry: 'ci' }, value: 2_200 }])
})

test('id and timestamp are kept apart', async () => {
  const { send } = makeBed()
  await send('ci', [event('a', 'b c'), event('a b', 'c'), event('a b c', '')])
  expect((await queued()).flat()).toHaveLength(3)
})

test('jobs are bounded in events and in bytes, and so is what waits in memory', async () => {
  const { send, hold } = makeBed()
  const release = hold()
  const MiB = 2 ** 20
  const taken: Promise<void>[] = [send('ci', [event('first')])]
  for (let n = 0; n < 700; n++) taken.push(send('ci', [event(`small ${n}`)]))
  for (let n = 0; n < 8; n++) taken.push(send('ci', [event(`large ${n}`)], MiB))
  for (let n = 0; n < 6; n++) taken.push(send('ci', [event(`huge ${n}`)], 10 * MiB))
  await expect(send('ci', [event('too much')])).rejects.toThrow(IntakeBusy)
  release()
  await Promise.all(taken)
  const jobs = await queued()
  expect(jobs.flat()).toHaveLength(1 + 700 + 8 + 6)
  for (const job of jobs) {
    expect(job.length).toBeLessThanOrEqual(500)
    const kinds = Map.groupBy(job, (name) => name.split(' ')[1])
    expect(kinds.get('large')?.length ?? 0).toBeLessThanOrEqual(2)
    if (kinds.has('huge')) expect(job).toHaveLength(1)
  }
  await send('ci', [event('too much')])
})

test('whatever comes twice, at once and while writes fail: what was acknowledged is queued, and once', async () => {
  const anyRequest = fc.record({
    ids: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 4 }),
    fails: fc.boolean(),
    waits: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(anyRequest, { minLength: 1, maxLength: 25 }), async (requests) => {
      await bed.redis.flushall()
      const { send, gate } = makeBed()
      const acknowledged = new Set<string>()
      const open = requests.map(async ({ ids, fails, waits }) => {
        if (waits) await nextTurn()
        if (fails) gate.error = new Error('away')
        else delete gate.error
        await send(
          'ci',
          ids.map(String).map((id) => event(id)),
        )
          .then(() => {
            for (const id of ids) acknowledged.add(`ci ${id}`)
          })
          .catch(() => undefined)
      })
      await Promise.all(open)
      const names = (await queued()).flat()
      expect([...acknowledged].filter((name) => !names.includes(name))).toEqual([])
      expect(names).toHaveLength(new Set(names).size)
    }),
    { numRuns: 150 },
  )
})
