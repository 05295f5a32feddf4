import { randomInt } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, expect, onTestFailed, test } from 'vitest'
import { startEventSource } from '../../lab/event-source.ts'
import { type HostileRequest, hostileRequest, plainRequest } from '../../lab/hostile-request.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { LARGE_BODIES } from '../../lab/large-bodies.ts'
import { mutatedBody } from '../../lab/mutate.ts'
import { makeRandom, type Random } from '../../lab/random.ts'
import { drip, sendRaw } from '../../lab/raw-http.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'
import { eventually, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { isRepositoryName } from '../../src/registry/name.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const REQUESTS = 20_000
const LANES = 32
/**
 * The index of the large body to send as the n-th request. The first quarter sends each kind once, so that the memory
 * after it is the most that one body takes; later quarters send one every 2,000 requests.
 */
const largeAt = (n: number): number | undefined => {
  if (n <= REQUESTS / 4) return n % 350 === 0 ? n / 350 - 1 : undefined
  return n % 2_000 === 0 ? n / 2_000 : undefined
}
const MIB = 2 ** 20
/**
 * How much more memory the process may take at the end than after a quarter of the requests, in bytes. Measured: 104 MiB alone, 131
 * beside two other runs, since V8 collects later if it gets less time.
 */
const GROWTH = 192 * MIB

/** Every event that was captured from real registries. */
function capturedEvents(): object[] {
  const folder = new URL('../captures/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.startsWith('distribution-') && file.endsWith('.json'),
  )
  return files.sort().flatMap((file) => {
    const { requests }: { requests: { body: { events: object[] } }[] } = JSON.parse(
      readFileSync(new URL(file, folder), 'utf8'),
    )
    return requests.flatMap(({ body }) => body.events)
  })
}

/** The requests in order. The same seed gives the same requests, except for their times. */
function* hostileRequests(random: Random): Generator<HostileRequest> {
  const events = capturedEvents()
  const large = Object.values(LARGE_BODIES)
  for (let n = 1; n <= REQUESTS; n++) {
    const makeLarge = large[largeAt(n) ?? -1]
    const body = makeLarge ? Buffer.from(makeLarge(Date.now())) : mutatedBody(random, events, Date.now())
    const isPlain = makeLarge !== undefined || !random.isOneIn(3)
    const request = (isPlain ? plainRequest : hostileRequest)(random, body, WEBHOOK_TOKEN)
    // The service may refuse a body while it is being sent, and close the connection before the sender reads the answer.
    yield body.length > 10 * MIB ? { ...request, kind: 'broken' } : request
  }
}

/** Whether Redis may hold this key when only the registry `ci` is configured. A project is named after a repository. */
function isExpectedKey(key: string): boolean {
  const project =
    /^tallyman:\{ci\/([^{}]+)\}:(meta|repositories|manifests|claims|pending|outbox|seen|seen-before|pushes|history|forecast|blobs(:\d+)?|(images|links|tags|tombstones)(:\d+){1,2}|tag-names:\d+)$/.exec(
      key,
    )
  if (project) return isRepositoryName(project[1] ?? '') && (project[1] ?? '').split('/').length <= 2
  return [
    /^tallyman:\{ci\}:(paths|projects|applied|exclusive|instances|gaps|renames|reconcile|pulls|references-told|history|taken|taken-ids|delivery-audit|broken|scrub|scrubbed|scrub-unread|scrub-first|collection-(lease|holder)|holders(:\d+)?)$/,
    /^tallyman:\{quarantine\}:(entries|marks|totals)$/,
    /^tallyman:(quotas|identity|processes|store|store-changes)$/,
    /^tallyman:\{flags\}:(project|raised|version)$/,
    /^\{tallyman\}:(events|quota|alerts|promotion|expiry|snapshot|resolve|reconcile|history|outgoing|storage|integrity|collections|journal|deliveries):[\w:-]+$/,
  ].some((pattern) => pattern.test(key))
}

async function keysOf(redis: Redis): Promise<string[]> {
  const keys = new Set<string>()
  for await (const page of redis.scanStream({ count: 1_000 })) for (const key of page) keys.add(key)
  return [...keys]
}

const residentBytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

test('20,000 hostile requests: the service keeps running, its memory stays, and Redis holds no key that it should not', async () => {
  const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31))
  onTestFailed(() => {
    process.stdout.write(`fuzz: to repeat this, FUZZ_SEED=${seed}\n`)
  })
  const server = await startRedis()
  closers.push(server.close)
  const redis = new Redis(server.url)
  closers.push(async () => redis.disconnect())
  const service = await makeService({ redisUrl: server.url })
  closers.push(service.close)
  const api = await service.startApi(['--workers'])
  const port = Number(new URL(service.url).port)

  const head = `POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${WEBHOOK_TOKEN}\r\n`
  const rest = 'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{'
  const slow = Promise.all(
    [`${head}${rest}`, `${head}X-Slow: `].flatMap((begun) =>
      Array.from({ length: 5 }, () => drip(port, { head: begun, everyMs: 250 })),
    ),
  )
  const steady = startEventSource({ url: service.url, registries: 2, projects: 5 })

  const began = Date.now()
  const answers = new Map<string, number>()
  const requests = hostileRequests(makeRandom(seed))
  async function lane(share: number): Promise<void> {
    for (let n = 0; n < share; n++) {
      const next = requests.next()
      if (next.done) return
      const status = await sendRaw(port, next.value)
      const answer = `${next.value.kind} ${status}`
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
  }
  const settled = async () => {
    await eventually(
      () => Promise.all(['wait', 'active'].map((list) => redis.llen(`{tallyman}:events:${list}`))),
      (waiting) => waiting.every((count) => count < 10),
    )
    await sleep(1_000)
    return residentBytes(api.pid)
  }
  const memory: number[] = []
  for (let quarter = 0; quarter < 4; quarter++) {
    await Promise.all(Array.from({ length: LANES }, () => lane(Math.ceil(REQUESTS / 4 / LANES))))
    memory.push(await settled())
  }
  const took = Date.now() - began
  await steady.stop()
  const indexedAfter = await indexComesToHold(server.url, steady.told)
  // Each of the slow connections is ended by the service, or this waits for ever.
  const endedAfter = await slow

  const told = Object.fromEntries([...answers].sort())
  const [first = 0] = memory
  const last = memory.at(-1) ?? 0
  process.stdout.write(
    `fuzz: seed ${seed}, ${took} ms, answers ${JSON.stringify(told)}, ${steady.acknowledged()} good events in the index ` +
      `after ${indexedAfter} ms, slow connections ended after ${Math.max(...endedAfter)} ms at most, resident MiB by quarter ` +
      `${memory.map((bytes) => Math.round(bytes / MIB)).join(', ')}, log ${api.output().length} characters\n`,
  )

  // It still runs. It answered every whole request, and every answer was 2xx, 4xx or 503.
  expect(api.child.exitCode).toBeNull()
  expect(await (await fetch(`${service.url}/livez`)).json()).toEqual({ status: 'ok' })
  const log = api.output()
  expect(log).not.toMatch(/uncaught|unhandled|"level":"fatal"|heap out of memory/i)
  expect(log.split('\n').filter((line) => line.includes('"level":"error"'))).toEqual([])
  const isAllowed = (answer: string) => /^(whole|broken) (2|4|503)|^broken 0$/.test(answer)
  expect([...answers.keys()].filter((answer) => !isAllowed(answer))).toEqual([])
  expect([...answers.values()].reduce((sum, count) => sum + count, 0)).toBe(REQUESTS)

  // The good events among them were accepted, and indexComesToHold saw that each counts once.
  expect([...steady.refusals.keys()].filter((status) => status !== 0 && status !== 503)).toEqual([])
  expect(steady.acknowledged()).toBeGreaterThan(100)

  // Redis holds no bad name, and no list beyond its limit.
  expect((await keysOf(redis)).filter((key) => !isExpectedKey(key))).toEqual([])
  expect(await redis.zcard('{tallyman}:events:failed')).toBe(0)
  expect(await redis.xlen('tallyman:{quarantine}:entries')).toBeLessThanOrEqual(10_000)
  expect(Number(await redis.hget('tallyman:{quarantine}:totals', 'bytes'))).toBeLessThanOrEqual(64 * MIB)
  expect(await redis.zcard('tallyman:{ci}:gaps')).toBeLessThanOrEqual(100)
  expect(await redis.zcard('tallyman:{ci}:instances')).toBeLessThanOrEqual(100)
  expect(Math.max(...log.split('\n').map((line) => line.length))).toBeLessThan(10_000)
  expect(last - first).toBeLessThan(GROWTH)
})
