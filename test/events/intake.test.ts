import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { EVENT, JOB } from '../../src/events/envelope.ts'
import { IntakeBusy, makeIntake } from '../../src/events/intake.ts'
import { NotAnEnvelope } from '../../src/events/not-an-envelope.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'

const bed = useRedis()

let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 'lab')
  return () => closeQueues(queues)
})

/** An intake on a real queue, whose writes the test may hold back or have fail. */
function makeBed(maxBacklog = Number.POSITIVE_INFINITY) {
  const gate: { held?: Promise<void>; error?: Error } = {}
  const state = { backlog: 0 }
  const metrics = makeMetrics()
  const { admit, receive } = makeIntake({
    metrics,
    maxBacklog,
    room: { all: 3_000, each: 2_000 },
    taken: { add: async () => undefined },
    queue: {
      async add(name, data) {
        await gate.held
        if (gate.error) throw gate.error
        return queues.events.add(name, data)
      },
    },
    backlog: { last: () => ({ jobs: 0, bytes: state.backlog }) },
  })
  const send = (registry: string, events: readonly unknown[]) =>
    receive(registry, Buffer.from(JSON.stringify({ events })))
  /** Holds writes back until the function that it returns is called. */
  const hold = (): ((error?: Error) => void) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    gate.held = promise
    return (error) => {
      if (error) gate.error = error
      delete gate.held
      resolve()
    }
  }
  return { send, admit, receive, metrics, state, gate, hold }
}

const at = '2026-11-23T10:00:00Z'
const event = (id: string) => ({ id, timestamp: at, action: 'push' })

/** The jobs in the order in which they were added, as lists of `registry id`. */
async function queued(): Promise<string[][]> {
  const jobs = await queues.events.getJobs(['waiting'], 0, -1, true)
  return jobs.map(({ data }) =>
    data.deliveries.flatMap(({ registry, events }) =>
      (events as ({ id: string } | null)[]).map((one) => `${registry} ${one?.id}`),
    ),
  )
}

test('a request is acknowledged once the queue has its events, and refused if the write fails', async () => {
  const { send, gate, hold } = makeBed()
  const release = hold()
  const states: string[] = []
  for (const id of ['a', 'b', 'c'])
    send('ci', [event(id)]).then(
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

test('requests that arrive during a write share the next job; each keeps its registry', async () => {
  const { send, hold, metrics } = makeBed()
  const release = hold()
  const taken = [
    send('ci', [event('a')]),
    send('ci', [event('b')]),
    send('production', [event('c'), event('d')]),
  ]
  release()
  await Promise.all(taken)
  expect(await queued()).toEqual([['ci a'], ['ci b', 'production c', 'production d']])
  expect((await metrics.eventsAccepted.get()).values).toEqual([
    { labels: { registry: 'ci' }, value: 2 },
    { labels: { registry: 'production' }, value: 2 },
  ])
})

test('nothing is taken while the backlog is beyond its bound', () => {
  const { admit, state } = makeBed(1_000)
  admit('ci', 1)
  state.backlog = 1_001
  expect(() => admit('ci', 1)).toThrow(expect.objectContaining({ reason: 'backlog' }))
  state.backlog = 1_000
  admit('ci', 1)
})

test('a body is taken if there is room for it, and each registry has its own', () => {
  const { admit } = makeBed()
  const giveBack = admit('ci', 1_500)
  expect(() => admit('ci', 1_000)).toThrow(IntakeBusy)
  admit('production', 1_500)
  expect(() => admit('ci', 1)).toThrow(expect.objectContaining({ reason: 'memory' }))
  giveBack()
  admit('ci', 1_000)
})

test('a body that is no envelope is refused, and the requests beside it are taken', async () => {
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
  expect(await queued()).toEqual([['ci a'], ['ci b']])
})

test('jobs are bounded in events and in bytes: a large body becomes several', async () => {
  const { send, hold } = makeBed()
  const release = hold()
  const taken: Promise<void>[] = [send('ci', [event('first')])]
  for (let n = 0; n < 700; n++) taken.push(send('ci', [event(`small ${n}`)]))
  taken.push(
    send(
      'ci',
      Array.from({ length: 600 }, (_, n) => event(`many ${n}`)),
    ),
  )
  const text = 'x'.repeat(JOB.bytes / 2 - 1_000)
  for (let n = 0; n < 8; n++) taken.push(send('ci', [{ ...event(`large ${n}`), text }]))
  const huge = 'x'.repeat(4 * JOB.bytes)
  for (let n = 0; n < 6; n++) taken.push(send('ci', [{ ...event(`huge ${n}`), huge }]))
  release()
  await Promise.all(taken)
  const jobs = await queued()
  expect(jobs.flat()).toHaveLength(1 + 700 + 600 + 8 + 6)
  for (const job of jobs) {
    expect(job.length).toBeLessThanOrEqual(JOB.events)
    const kinds = Map.groupBy(job, (name) => name.split(' ')[1])
    expect(kinds.get('large')?.length ?? 0).toBeLessThanOrEqual(2)
    if (kinds.has('huge')) expect(job).toHaveLength(1)
  }
})

test('large bodies are read one after the other, and small ones beside them', async () => {
  const { send, hold } = makeBed()
  const text = 'x'.repeat(JOB.bytes)
  const release = hold()
  const large = ['a', 'b'].map((id) =>
    send('ci', [
      { ...event(id), text },
      { ...event(`${id}2`), text },
    ]),
  )
  const small = send('ci', [event('small')])
  await nextTurn()
  release()
  await Promise.all([...large, small])
  const jobs = (await queued()).map((job) => job.join())
  expect(jobs).toHaveLength(5)
  const order = jobs.filter((job) => job !== 'ci small')
  expect(order).toEqual(['ci a', 'ci a2', 'ci b', 'ci b2'])
  expect(jobs.indexOf('ci small')).toBeLessThan(3)
})

test('a large body that is refused does not hold up the next', async () => {
  const { receive, send } = makeBed()
  const bad = receive('ci', Buffer.from(`{"events":[${'x'.repeat(JOB.bytes)}]}`))
  const good = send('ci', [{ ...event('good'), text: 'x'.repeat(JOB.bytes) }])
  await expect(bad).rejects.toThrow(NotAnEnvelope)
  await good
  expect(await queued()).toEqual([['ci good']])
})

test('an event that is too large to be parsed is queued as its beginning', async () => {
  const { send } = makeBed()
  await send('ci', [event('a'), 'x'.repeat(EVENT.bytes), event('b')])
  const [job] = await queues.events.getJobs(['waiting'])
  expect(job?.data.deliveries).toMatchObject([
    {
      events: [{ id: 'a' }, { id: 'b' }],
      unread: [{ reason: expect.stringContaining('more than'), beginning: expect.stringMatching(/^"x+$/) }],
    },
  ])
})

test('whatever fails meanwhile, every acknowledged event is queued', async () => {
  const anyRequest = fc.record({
    ids: fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 4 }),
    fails: fc.boolean(),
    waits: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(anyRequest, { minLength: 1, maxLength: 25 }), async (requests) => {
      await bed.redis.flushall()
      const { send, gate } = makeBed()
      const acknowledged: string[] = []
      const open = requests.map(async ({ ids, fails, waits }, n) => {
        if (waits) await nextTurn()
        if (fails) gate.error = new Error('away')
        else delete gate.error
        const names = ids.map((id) => `${n}-${id}`)
        await send(
          'ci',
          names.map((id) => event(id)),
        )
          .then(() => acknowledged.push(...names.map((name) => `ci ${name}`)))
          .catch(() => undefined)
      })
      await Promise.all(open)
      expect((await queued()).flat().sort()).toEqual(acknowledged.sort())
    }),
    { numRuns: 150 },
  )
})
