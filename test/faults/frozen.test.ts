import { randomInt } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { type EventSource, startEventSource } from '../../lab/event-source.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'
import { eventually } from '../../lab/tallyman.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const REGISTRIES = 8

/** An API under load. */
async function underLoad() {
  const redis = await startRedis()
  closers.push(() => redis.close())
  const service = await makeService({ redisUrl: redis.url })
  closers.push(service.close)
  const api = await service.startApi()
  const source = startEventSource({ url: service.url, registries: REGISTRIES, projects: 5 })
  await source.untilMore(50)
  return { redis, service, api, source }
}

const refusals = (source: EventSource) => [...source.refusals.values()].reduce((sum, count) => sum + count, 0)

/** Waits until the events were refused this many times more. */
async function untilRefused(source: EventSource, count: number): Promise<void> {
  const wanted = refusals(source) + count
  await eventually(
    async () => refusals(source),
    (now) => now >= wanted,
  )
}

test('Redis is frozen: registries are refused until it goes on, and then all goes on by itself', async () => {
  const { redis, service, api, source } = await underLoad()
  const workers = [await service.startWorker('events', 'quota'), await service.startWorker('events', 'quota')]
  // Both workers log into one file.
  await eventually(
    async () => workers[0]?.output() ?? '',
    (text) => text.split('"tallyman is up"').length === 3,
  )
  redis.process.child.kill('SIGSTOP')
  // Redis may have accepted the event that a registry had in flight. It accepts no other: the next one is refused.
  await untilRefused(source, 2 * REGISTRIES)
  const frozen = source.acknowledged()
  // The API answers 503 once it has given up the connection.
  await eventually(
    async () => source.refusals.get(503) ?? 0,
    (count) => count > 2 * REGISTRIES,
  )
  expect(source.acknowledged()).toBe(frozen)
  redis.process.child.kill('SIGCONT')
  const thawed = Date.now()
  await source.untilMore(20)
  const back = Date.now() - thawed
  await source.untilMore(100)
  await source.stop()

  const took = await indexComesToHold(redis.url, source.told)
  expect([...source.refusals.keys()].filter((status) => status !== 0 && status !== 503)).toEqual([])
  expect([api, ...workers].map(({ child }) => child.exitCode)).toEqual([null, null, null])
  process.stdout.write(
    `frozen Redis: ${source.acknowledged()} events, acknowledged again after ${back} ms, in the index ${took} ms after the last\n`,
  )
})

test('a worker freezes with jobs in hand: another does them, and nothing counts twice once the first goes on', async () => {
  const { redis, service, source } = await underLoad()
  const client = new Redis(redis.port)
  closers.push(() => client.disconnect())
  const frozen = await service.startWorker('events', 'quota')
  const id = await eventually(
    async () => (await ownersOfJobs(client))[0],
    (owner) => owner !== undefined,
  )
  const other = await service.startWorker('events', 'quota')
  await freezeWithJobs()
  await source.hold()
  // This comes to hold only once the other worker has done the jobs of the frozen one.
  const took = await indexComesToHold(redis.url, source.told)
  source.goOn()
  await source.untilMore(50)
  frozen.child.kill('SIGCONT')
  // A worker logs this once when a job was taken from it: when it renews the lock, or when it ends the job.
  await eventually(
    async () => frozen.output(),
    (text) => text.includes('lost their locks'),
  )
  await source.untilMore(50)
  await source.stop()
  await indexComesToHold(redis.url, source.told)
  expect(source.refusals.get(503)).toBeUndefined()
  expect([frozen, other].map(({ child }) => child.exitCode)).toEqual([null, null])
  process.stdout.write(`a frozen worker: ${source.acknowledged()} events, its jobs done after ${took} ms\n`)

  async function freezeWithJobs(): Promise<void> {
    for (;;) {
      frozen.child.kill('SIGSTOP')
      // By then Redis has done all that the worker still sent.
      for (let n = 0; n < 5; n++) await client.ping()
      if ((await ownersOfJobs(client)).includes(id)) return
      frozen.child.kill('SIGCONT')
      await source.untilMore(randomInt(20))
    }
  }
})

/** The ids of the workers that have jobs in hand: the lock of a job holds the id of its worker. */
async function ownersOfJobs(redis: Redis): Promise<(string | undefined)[]> {
  const locks = await redis.keys('{tallyman}:events:*:lock')
  const tokens = await Promise.all(locks.map((lock) => redis.get(lock)))
  return tokens.filter((token) => token !== null).map((token) => token.split(':')[0])
}
