import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeDamper } from '../../src/alerts/damper.ts'
import type { QuotaAlert } from '../../src/queue/alert.ts'
import { expiryAlert, sampleAlert } from './sample-alert.ts'

const bed = useRedis()

const MINUTE = 60_000
const INTERVAL = 5 * MINUTE

/** A damper whose clock the test sets, at the start of an interval. */
function makeBed() {
  const clock = { ms: Math.ceil(Date.now() / INTERVAL) * INTERVAL }
  const damper = makeDamper({ redis: bed.redis, prefix: 't', now: () => clock.ms })
  let count = 0
  const alert = (project: string, to: QuotaAlert['to'] = 'over'): QuotaAlert => {
    const id = `alert_${++count}`
    const text = `ci/${project} is ${to}`
    return {
      ...sampleAlert,
      id,
      registry: 'ci',
      project,
      to,
      text,
      at: new Date(clock.ms + count).toISOString(),
    }
  }
  /** `send`, or the interval in which it was held back. */
  const told = async (one: QuotaAlert, channel = 'ops') =>
    (await damper.holdBack(channel, one))?.interval ?? 'send'
  return { damper, clock, alert, told, interval: clock.ms / INTERVAL }
}

test('of one project and flag one alert is sent in five minutes', async () => {
  const { alert, told, clock, interval } = makeBed()
  expect(await told(alert('a'))).toBe('send')
  expect(await told(alert('a'))).toBe(interval)
  expect(await told(alert('a', 'ok'))).toBe('send')
  expect(await told(alert('b'))).toBe('send')
  expect(await told(alert('a'), 'other channel')).toBe('send')
  clock.ms += 2 * MINUTE
  expect(await told(alert('a'))).toBe(interval)
})

test('of all projects together ten alerts are sent in five minutes, and the next ten after that', async () => {
  const { alert, told, clock, interval } = makeBed()
  const many = async () => {
    const all: unknown[] = []
    for (let n = 0; n < 80; n++) all.push(await told(alert(`p${n}`, n % 2 ? 'over' : 'warning')))
    return all
  }
  const first = await many()
  expect(first.slice(0, 10)).toEqual(Array(10).fill('send'))
  expect(first.slice(10)).toEqual(Array(70).fill(interval))
  clock.ms += INTERVAL
  expect(await told(alert('q'))).toBe('send')
})

test('the summary comes after the end of the interval, counts all that was held back and names the newest', async () => {
  const { damper, alert, clock, interval } = makeBed()
  clock.ms += MINUTE
  for (let n = 0; n < 10; n++) await damper.holdBack('ops', alert(`sent${n}`))
  for (let n = 0; n < 30; n++) await damper.holdBack('ops', alert(`held${n % 15}`))
  const held = await damper.holdBack('ops', alert('held3', 'ok'))
  expect(held?.interval).toBe(interval)
  expect(held?.summaryInMs).toBeGreaterThan(4 * MINUTE)
  const summary = await damper.summary('ops', 'quota', interval)
  expect(summary).toMatchObject({
    count: 31,
    minutes: 5,
    at: new Date((interval + 1) * INTERVAL).toISOString(),
  })
  expect(summary?.latest).toHaveLength(10)
  expect(summary?.latest.at(-1)).toMatchObject({ project: 'held3', to: 'ok' })
  expect(summary?.text).toMatch(/^31 more alerts in the 5 minutes before .*\n/)
  expect(summary?.text).toContain('ci/held3 is ok')
  expect(summary?.text).toContain('Other projects: 5.')
  await damper.forget('ops', 'quota', interval)
  expect(await damper.summary('ops', 'quota', interval)).toBeUndefined()
})

test('the summary names no project whose newer alert was sent', async () => {
  const { damper, alert, interval } = makeBed()
  await damper.holdBack('ops', alert('a'))
  await damper.holdBack('ops', alert('a'))
  await damper.holdBack('ops', alert('a', 'ok'))
  expect(await damper.summary('ops', 'quota', interval)).toMatchObject({ count: 1, latest: [] })
})

test('the summary names the newest alert of a project, also if an older one is sent after it', async () => {
  const { damper, alert, interval } = makeBed()
  const older = alert('a', 'warning')
  const newest = alert('a')
  await damper.holdBack('ops', alert('a'))
  await damper.holdBack('ops', { ...newest, at: alert('a').at })
  expect(await damper.holdBack('ops', older)).toBeUndefined()
  expect(await damper.summary('ops', 'quota', interval)).toMatchObject({
    count: 1,
    latest: [{ id: newest.id }],
  })
})

test('an alert that was held back belongs to the same summary when its job runs again in a later interval', async () => {
  const { damper, alert, clock, interval } = makeBed()
  const held = alert('a')
  clock.ms += INTERVAL - 1_000
  await damper.holdBack('ops', alert('a'))
  expect(await damper.holdBack('ops', held)).toEqual({ topic: 'quota', interval, summaryInMs: 6_000 })
  clock.ms += 40_000
  expect(await damper.holdBack('ops', held)).toEqual({ topic: 'quota', interval, summaryInMs: 0 })
  expect(await damper.summary('ops', 'quota', interval)).toMatchObject({
    count: 1,
    latest: [{ id: held.id }],
  })
})

test('an alert whose job runs twice is decided on once, also in a later interval', async () => {
  const { damper, alert, told, clock, interval } = makeBed()
  const [sent, held] = [alert('a'), alert('a')]
  for (let run = 0; run < 2; run++) {
    expect(await told(sent)).toBe('send')
    expect(await told(held)).toBe(interval)
  }
  expect(await damper.summary('ops', 'quota', interval)).toMatchObject({ count: 1 })
  clock.ms += INTERVAL
  expect(await told(sent)).toBe('send')
  expect(await told(held)).toBe(interval)
  expect(await damper.summary('ops', 'quota', interval + 1)).toBeUndefined()
})

test('alerts about expiry have a limit and a summary of their own, and neither holds up the other', async () => {
  const { damper, alert, told, interval } = makeBed()
  const notice = (n: number, event: 'expiry.notice' | 'expiry.done' = 'expiry.notice', policy = 'p') => ({
    ...expiryAlert,
    ...{ id: `${event} ${policy} ${n}`, project: `p${n}`, event, policy, text: `ci/p${n} ${event}` },
  })
  const hold = async (one: ReturnType<typeof notice>) => await damper.holdBack('ops', one)
  const held = { topic: 'expiry', interval, summaryInMs: expect.any(Number) }
  for (let n = 0; n < 8; n++) expect(await hold(notice(n))).toBeUndefined()
  expect(await hold({ ...notice(0), id: 'again' })).toEqual(held)
  // What is done, and what another policy announces, is another thing.
  expect(await hold(notice(0, 'expiry.done'))).toBeUndefined()
  expect(await hold(notice(0, 'expiry.notice', 'q'))).toBeUndefined()
  for (let n = 20; n < 500; n++) expect(await hold(notice(n))).toEqual(held)
  expect(await told(alert('a'))).toBe('send')
  const summary = await damper.summary('ops', 'expiry', interval)
  expect(summary).toMatchObject({ topic: 'expiry', count: 481 })
  expect(summary?.latest).toHaveLength(10)
  expect(summary?.text).toMatch(/^481 more alerts in the 5 minutes before .*\n/)
  expect(await damper.summary('ops', 'quota', interval)).toBeUndefined()
  await damper.forget('ops', 'expiry', interval)
  expect(await damper.summary('ops', 'expiry', interval)).toBeUndefined()
})
