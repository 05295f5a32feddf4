import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { deliver, startEventSource } from '../../lab/event-source.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'
import { eventually, READ_TOKEN } from '../../lab/tallyman.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const MIB = 2 ** 20
const LENGTH = 10 * MIB
/** How often each body is sent, all at once. */
const COPIES = 8

const filled = (before: string, unit: string, after: string) =>
  before + unit.repeat(Math.floor((LENGTH - before.length - after.length) / unit.length)) + after
const badTag = `{"id":"e","timestamp":"${new Date().toISOString()}","action":"push","target":{"repository":"a/b","digest":"sha256:${'a'.repeat(64)}","tag":"a b"}}`

/** Bodies of 10 MiB that cost more to parse or to keep than they are long, and the answer to each if there is room. */
const BODIES: [string, 202 | 400][] = [
  [filled('{"events":[', '{},', '{}]}'), 400],
  [filled('', '[', ''), 400],
  [`{"events":[${`${badTag},`.repeat(50_000)}${badTag}]}`.slice(0, LENGTH), 400],
  [filled('{"events":[[', '[],', '[]]]}'), 202],
  [filled('{"events":[', `[${'[],'.repeat(700)}[]],`, '{}]}'), 202],
]

/** Answers after which a registry sends the same again. */
const AGAIN = [0, 408, 503]

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

test('40 bodies of 10 MiB at once: memory is bounded, deliveries beside are accepted, and quarantine can be read', async () => {
  const redis = await startRedis()
  closers.push(redis.close)
  const service = await makeService({ redisUrl: redis.url })
  closers.push(service.close)
  const api = await service.startApi(['--workers'])
  const steady = startEventSource({ url: service.url, registries: 2, projects: 5 })
  await steady.untilMore(50)
  const lag = async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text()
    return Math.round(Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1]) * 1_000)
  }
  const [before, lagBefore] = [residentBytes(api.pid), await lag()]

  let peak = 0
  let isOver = false
  const watching = (async () => {
    for (; !isOver; await sleep(20)) peak = Math.max(peak, residentBytes(api.pid))
  })()
  /** As a registry does: again, until the answer is final. */
  const untilAnswered = async (body: string) => {
    for (;;) {
      const status = await deliver(service.url, body, 60_000)
      // 408, or 0 for no answer: on a machine with much else to do, a large body does not arrive within the 20 s that it may take.
      if (!AGAIN.includes(status)) return status
      await sleep(200)
    }
  }
  const began = steady.acknowledged()
  const bodies = BODIES.flatMap((one) => Array.from({ length: COPIES }, () => one))
  const answers = await Promise.all(bodies.map(([body]) => untilAnswered(body)))
  const beside = steady.acknowledged() - began
  const lagAfter = await lag()
  const quarantine = async () => {
    const headers = { authorization: `Bearer ${READ_TOKEN}` }
    const answer = await fetch(`${service.url}/v1/quarantine?limit=1000`, { headers })
    return (await answer.json()) as { total: number; events: unknown[] }
  }
  const page = await eventually(quarantine, ({ total }) => total > 1)
  isOver = true
  await watching
  await steady.stop()
  await indexComesToHold(redis.url, steady.told)
  process.stdout.write(
    `hostile bodies: resident MiB ${Math.round(before / MIB)} before, ${Math.round(peak / MIB)} at most; longest delay of ` +
      `the event loop ${lagBefore} ms before, ${lagAfter} ms meanwhile; ${beside} deliveries beside were acknowledged\n`,
  )

  expect(answers).toEqual(bodies.map(([, status]) => status))
  expect(beside).toBeGreaterThan(0)
  expect(page.events.length).toBeGreaterThan(0)
  expect(JSON.stringify(page).length).toBeLessThan(3 * MIB)
  expect(peak - before).toBeLessThan(400 * MIB)
  expect(api.child.exitCode).toBeNull()
}, 600_000)
