import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeBoxes } from '../../src/alerts/boxes.ts'
import type { Channel } from '../../src/alerts/channel.ts'
import { makeDeliveries } from '../../src/alerts/deliveries.ts'
import { makeGather } from '../../src/alerts/gather.ts'
import { makeLines } from '../../src/alerts/lines.ts'
import { makeNewestAlerts } from '../../src/alerts/newest-alerts.ts'
import { NotYet } from '../../src/alerts/not-yet.ts'
import { DAYS, type Quiet } from '../../src/alerts/quiet.ts'
import { makeRoutes, type Route } from '../../src/alerts/routes.ts'
import { makeSnoozes } from '../../src/alerts/snoozes.ts'
import type { Alert, QuotaAlert } from '../../src/queue/alert.ts'
import type { Jobs } from '../../src/queue/jobs.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { expiryAlert, registryAlert, sampleAlert } from './sample-alert.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(() => closeQueues(queues))

const GATHER_MS = 10_000
const INTERVAL_MS = 300_000
const OPS: Channel = { name: 'ops', send: async () => {} }

const ALWAYS: Quiet = { from: 0, to: 0, zone: 'UTC', days: DAYS, except: 'critical' }

/** What no worker takes. The clock is the test's, at the start of an interval. `step`: is called before each write. */
function makeBed(step: () => void = () => {}) {
  const clock = { ms: Math.ceil(Date.now() / INTERVAL_MS) * INTERVAL_MS }
  const state = { isFilling: false, isQuiet: false }
  const redis = { redis: bed.redis, prefix: 't' }
  const snoozes = makeSnoozes({ ...redis, now: () => clock.ms })
  const boxes = makeBoxes({ ...redis, now: () => clock.ms })
  const lines = makeLines(redis)
  const deliveries = makeDeliveries(redis)
  const gather = makeGather({
    boxes: withStep(boxes, step),
    lines: withStep(lines, step),
    newestAlerts: withStep(makeNewestAlerts(redis), step),
    ...{ snoozes, deliveries },
    queues: { alerts: withStep(queues.alerts, step) },
    gatherMs: () => GATHER_MS,
    isFilling: async () => state.isFilling,
    now: () => clock.ms,
  })
  let count = 0
  const alert = (
    project: string,
    to: QuotaAlert['to'] = 'over',
    from: QuotaAlert['to'] = 'ok',
  ): QuotaAlert => ({
    ...{ ...sampleAlert, id: `alert_${++count}`, project, from, to, text: `ci/${project} is ${to}` },
    at: new Date(clock.ms + count).toISOString(),
  })
  const join = async (...alerts: Alert[]) => {
    for (const one of alerts) await gather.join('ops', one)
  }
  /** Empties the boxes, and gives for how many ms some stay open. */
  const empty = async (channel = OPS) => {
    clock.ms += GATHER_MS
    const open: number[] = []
    for (const { data } of await ofKind('gathered'))
      await gather.empty(routeOf(channel), data.box).catch((error) => {
        if (!(error instanceof NotYet)) throw error
        open.push(error.waitMs)
      })
    return open
  }
  const routeOf = (channel: Channel): Route => {
    const quiet = state.isQuiet ? ALWAYS : undefined
    const config = { channel, projects: ['**'], kinds: ['*'], severity: 'info' as const, quiet }
    return makeRoutes([config]).route(channel.name) as Route
  }
  return { gather, clock, state, snoozes, deliveries, alert, join, empty, routeOf }
}

/** The methods of `real`, each of which first calls `step`. */
const withStep = <T extends object>(real: T, step: () => void): T =>
  new Proxy(real, {
    get(target, key) {
      const value = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]) => {
        step()
        return value.apply(target, args)
      }
    },
  })

async function ofKind<K extends Jobs['alerts']['kind']>(kind: K) {
  const jobs = await queues.alerts.getJobs(['waiting', 'delayed'], 0, -1, true)
  return jobs.flatMap(({ data, delay }) =>
    data.kind === kind ? { delay, data: data as Extract<Jobs['alerts'], { kind: K }> } : [],
  )
}
const delivered = async () => (await ofKind('deliver')).map(({ data }) => data.alert.id).sort()
const summaries = async () => (await ofKind('summary')).map(({ data }) => data.summary)

test('an alert waits for others, and is then told alone', async () => {
  const { alert, join, empty } = makeBed()
  await join(alert('a'))
  expect((await ofKind('gathered')).map(({ delay }) => delay)).toEqual([GATHER_MS])
  expect(await delivered()).toEqual([])
  await empty()
  expect(await delivered()).toEqual(['alert_1'])
  // What comes later is told later.
  await join(alert('b'))
  expect(await delivered()).toEqual(['alert_1'])
  await empty()
  expect(await delivered()).toEqual(['alert_1', 'alert_2'])
})

test('300 alerts of a topic at once are one message for a channel, and hold up none of another topic', async () => {
  const { alert, join, empty } = makeBed()
  await join(...Array.from({ length: 300 }, (_, n) => alert(`p${n}`)))
  await join(registryAlert)
  expect(await empty()).toEqual([])
  expect(await delivered()).toEqual([registryAlert.id])
  expect(await summaries()).toMatchObject([{ topic: 'quota', count: 300 }])
})

test('of a project the newest state alone is told, and none if it is the state of before', async () => {
  const { alert, deliveries, join, empty } = makeBed()
  await join(alert('a', 'warning'), alert('a', 'over', 'warning'))
  await join(alert('b', 'warning'), alert('b', 'ok', 'warning'))
  await empty()
  expect(await delivered()).toEqual(['alert_2'])
  // The history says what became of the others.
  const history = (await deliveries.recent(10)).map(({ delivery }) => delivery)
  expect(history.map(({ message, result }) => `${message} ${result}`).sort()).toEqual([
    ...['alert_1 overtaken', 'alert_3 overtaken', 'alert_4 overtaken'],
  ])
})

test('an alert whose job runs again is told once, also if its box is closed', async () => {
  const { alert, join, empty } = makeBed()
  const one = alert('a')
  await join(one, one)
  await empty()
  await join(one)
  await empty()
  expect(await delivered()).toEqual(['alert_1'])
  expect(await ofKind('gathered')).toHaveLength(1)
})

test('after ten messages in five minutes a box stays open until these are over', async () => {
  const { alert, clock, join, empty } = makeBed()
  for (let n = 0; n < 10; n++) {
    await join(alert(`p${n}`))
    expect(await empty()).toEqual([])
  }
  await join(alert('late'))
  expect(await empty()).toEqual([INTERVAL_MS - 11 * GATHER_MS])
  for (let n = 0; n < 20; n++) await join(alert(`more${n}`))
  clock.ms += INTERVAL_MS
  expect(await empty()).toEqual([])
  expect(await delivered()).toHaveLength(10)
  expect(await summaries()).toMatchObject([{ count: 21 }])
})

test('of ten messages in five minutes, only those count that are told', async () => {
  const { alert, join, empty } = makeBed()
  for (let n = 0; n < 9; n++) {
    await join(alert('flaps'), alert('flaps', 'ok', 'over'), alert(`p${n}`))
    expect(await empty()).toEqual([])
  }
  // Many of one project are told as one, so nobody waits for more.
  for (let n = 0; n < 10; n++) await join(alert('flaps'), alert('flaps', 'ok', 'over'))
  await join(alert('flaps'))
  expect(await empty()).toEqual([])
  expect(await delivered()).toHaveLength(10)
  await join(alert('late'))
  expect(await empty()).toHaveLength(1)
})

test('many alerts that come one after the other are one message when no more come, or after five minutes', async () => {
  const { clock, alert, join, empty } = makeBed()
  const many = (name: string) => Array.from({ length: 10 }, (_, n) => alert(`${name}${n}`))
  await join(...many('a'))
  for (let n = 0; n < 30; n++) {
    await join(alert(`b${n}`))
    clock.ms -= 1
    expect(await empty()).toEqual([GATHER_MS])
  }
  expect(await empty()).toEqual([])
  expect(await summaries()).toMatchObject([{ count: 40 }])
  await join(...many('c'))
  clock.ms -= 1
  expect(await empty()).toEqual([GATHER_MS])
  expect(await empty()).toEqual([])
  expect((await summaries()).map(({ count }) => count).sort()).toEqual([10, 40])
  expect(await delivered()).toEqual([])
})

test('while a registry is read for the first time, many alerts about quotas wait for its end, and few do not', async () => {
  const { clock, state, alert, join, empty } = makeBed()
  state.isFilling = true
  await join(alert('early'))
  expect(await empty()).toEqual([])
  await join(...Array.from({ length: 10 }, (_, n) => alert(`a${n}`)))
  clock.ms += 30 * 60_000
  expect(await empty()).toEqual([GATHER_MS])
  state.isFilling = false
  expect(await empty()).toEqual([])
  expect(await delivered()).toEqual(['alert_1'])
  expect(await summaries()).toMatchObject([{ count: 10 }])
})

test('a channel whose receiver groups by itself gets each alert at once', async () => {
  const { alert, join, empty } = makeBed()
  await join(...Array.from({ length: 30 }, (_, n) => alert(`p${n}`)))
  expect(await empty({ ...OPS, tellsEach: true })).toEqual([])
  expect(await delivered()).toHaveLength(30)
  expect(await summaries()).toEqual([])
})

test('a box that is given up takes nothing more', async () => {
  const { gather, alert, join, empty } = makeBed()
  await join(alert('a'))
  const [job] = await ofKind('gathered')
  if (job === undefined) throw new Error('nothing waits')
  await gather.giveUp('ops', job.data.box)
  await join(alert('b'))
  expect(await ofKind('gathered')).toHaveLength(2)
  // Somebody has the job tried again.
  await empty()
  expect(await delivered()).toEqual(['alert_1', 'alert_2'])
})

test('what comes in quiet hours is told at their end, in one message; what is excepted, at once', async () => {
  const { clock, state, alert, join, empty } = makeBed()
  state.isQuiet = true
  await join(alert('a', 'warning'), alert('b', 'warning'), alert('c', 'over'))
  await empty()
  expect(await delivered()).toEqual(['alert_3'])
  // The end of what was told is told, too, and a state that came and went is not.
  await join(alert('c', 'warning', 'over'), alert('b', 'ok', 'warning'), {
    ...expiryAlert,
    at: new Date(clock.ms).toISOString(),
  })
  expect(await empty()).toEqual([expect.any(Number)])
  expect(await delivered()).toEqual(['alert_3', 'alert_4'])
  await empty()
  state.isQuiet = false
  expect(await empty()).toEqual([])
  expect(await delivered()).toEqual(['alert_3', 'alert_4'])
  expect((await summaries()).map(({ topic, examples }) => [topic, examples.map(({ id }) => id)])).toEqual([
    ['quiet', expect.arrayContaining(['alert_1', expiryAlert.id])],
  ])
  expect(await summaries()).toMatchObject([{ count: 2 }])
})

test('what waited in quiet hours is not told if something newer was', async () => {
  const { state, alert, join, empty } = makeBed()
  state.isQuiet = true
  await join(alert('a', 'warning'))
  await empty()
  await join(alert('a', 'over', 'warning'))
  await empty()
  state.isQuiet = false
  await empty()
  expect(await delivered()).toEqual(['alert_2'])
  expect(await summaries()).toEqual([])
})

test('alerts about a project that is snoozed are told at the end of the snooze: the state of then, if it was not told', async () => {
  const { clock, snoozes, alert, join, empty } = makeBed()
  await snoozes.add({ project: 'ci/a', by: null, why: null }, 3_600_000)
  await snoozes.add({ project: 'ci/b', by: null, why: null }, 3_600_000)
  await join(alert('a', 'warning'), alert('b', 'warning'), alert('c', 'warning'))
  await empty()
  await join(alert('a', 'over', 'warning'), alert('b', 'ok', 'warning'))
  await empty()
  expect(await delivered()).toEqual(['alert_3'])
  expect(await empty()).toEqual([expect.any(Number), expect.any(Number)])
  clock.ms += 3_600_000
  for (let pass = 0; pass < 3; pass++) await empty()
  expect(await delivered()).toEqual(['alert_3', 'alert_4'])
})

test('a snooze that is ended by hand ends at once', async () => {
  const { snoozes, alert, join, empty } = makeBed()
  await snoozes.add({ project: 'ci/a', by: 'ada', why: 'clean-up on Monday' }, 3_600_000)
  await join(alert('a'))
  for (let pass = 0; pass < 3; pass++) await empty()
  expect(await delivered()).toEqual([])
  expect(await snoozes.remove('ci/a')).toMatchObject({ project: 'ci/a', by: 'ada' })
  expect(await snoozes.remove('ci/a')).toBeUndefined()
  for (let pass = 0; pass < 3; pass++) await empty()
  expect(await delivered()).toEqual(['alert_1'])
})

test('however late alerts come into a box, the last message tells the last state', async () => {
  const { gather, alert, clock, empty } = makeBed()
  let random = 7
  const draw = (n: number) => {
    random = (random * 48_271) % 2_147_483_647
    return random % n
  }
  for (let n = 0; n < 15; n++) {
    const flags: QuotaAlert['to'][] = ['ok']
    for (let length = 1 + draw(6); length > 0; length--)
      flags.push(
        (['ok', 'warning', 'over'] as const).filter((flag) => flag !== flags.at(-1))[draw(2)] ?? 'ok',
      )
    const project = `late-${n}`
    const changes = flags.slice(1).map((to, n) => alert(project, to, flags[n]))
    // The job of an alert may be killed, and run again after those of later ones.
    const keys = new Map(changes.map(({ id }) => [id, draw(1_000)]))
    const late = changes.toSorted((a, b) => (keys.get(a.id) ?? 0) - (keys.get(b.id) ?? 0))
    for (const one of late) {
      await gather.join('ops', one)
      if (draw(2) === 0) await empty()
    }
    await empty()
    clock.ms += INTERVAL_MS
    const told = (await ofKind('deliver')).flatMap(({ data }) =>
      'to' in data.alert && 'project' in data.alert && data.alert.project === project ? [data.alert] : [],
    )
    expect(told.map(({ at }) => at)).toEqual(told.map(({ at }) => at).toSorted())
    expect([late, told.at(-1)?.to ?? 'ok']).toEqual([late, flags.at(-1)])
  }
})

test('each change is told once, whatever is killed, repeated and run at the same time', async () => {
  let random = 1
  const draw = (n: number) => {
    random = (random * 48_271) % 2_147_483_647
    return random % n
  }
  let isCalm = false
  const { gather, alert, clock, routeOf, state, snoozes } = makeBed(() => {
    if (!isCalm && draw(4) === 0) throw new Error('killed')
  })
  const alerts: Alert[] = []
  for (let round = 0; round < 60; round++) {
    if (round % 2 === 0) for (let n = draw(9); n >= 0; n--) alerts.push(alert(`p${alerts.length}`, 'warning'))
    // Jobs that have ended run again, too: BullMQ may have lost their end.
    const some = alerts.filter(() => draw(3) === 0)
    const boxes = (await ofKind('gathered')).filter(() => draw(2) === 0)
    clock.ms += draw(60_000)
    state.isQuiet = draw(2) === 0
    for (let n = 0; n < 5; n++)
      if (draw(2) === 0)
        await snoozes.add({ project: `ci/p${draw(100)}`, by: null, why: null }, draw(600_000))
    await Promise.allSettled([
      ...some.map((one) => gather.join('ops', one)),
      ...[...boxes, ...boxes].map(({ data }) => gather.empty(routeOf(OPS), data.box)),
    ])
  }
  isCalm = true
  for (const one of alerts) await gather.join('ops', one)
  state.isQuiet = false
  for (let pass = 0; pass < 5; pass++) {
    clock.ms += 2 * INTERVAL_MS
    for (const { data } of await ofKind('gathered'))
      await gather.empty(routeOf(OPS), data.box).catch(() => {})
  }
  const single = await delivered()
  const digests = await summaries()
  expect(new Set(single).size).toBe(single.length)
  expect(digests.length).toBeGreaterThan(0)
  expect(single.length).toBeGreaterThan(0)
  expect(single.length + digests.reduce((sum, { count }) => sum + count, 0)).toBe(alerts.length)
})
