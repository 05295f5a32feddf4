import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { startEventSource } from '../../lab/event-source.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'
import { eventually } from '../../lab/tallyman.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** An API and two workers under load. */
async function underLoad() {
  const redis = await startRedis()
  closers.push(() => redis.close())
  const service = await makeService({ redisUrl: redis.url })
  closers.push(service.close)
  const api = await service.startApi()
  const workers = [await service.startWorker('events', 'quota'), await service.startWorker('events', 'quota')]
  const source = startEventSource({ url: service.url, registries: 8, projects: 5 })
  await eventually(
    async () => source.acknowledged(),
    (count) => count > 50,
  )
  return { redis, api, workers, source }
}

test('Redis is frozen for 10 s: registries are told to wait, and all goes on by itself', async () => {
  const { redis, api, workers, source } = await underLoad()
  redis.process.child.kill('SIGSTOP')
  await sleep(200)
  const frozen = source.acknowledged()
  await sleep(9_800)
  // What had reached Redis when it froze was acknowledged; nothing else is.
  expect(source.acknowledged()).toBe(frozen)
  expect(source.refusals.get(0)).toBeGreaterThan(0)
  redis.process.child.kill('SIGCONT')
  const thawed = Date.now()
  while (source.acknowledged() < frozen + 20 && Date.now() < thawed + 10_000) await sleep(20)
  const back = Date.now() - thawed
  await sleep(500)
  await source.stop()

  const took = await indexComesToHold(redis.url, source.told, 30_000)
  expect([...source.refusals.keys()].filter((status) => status !== 0 && status !== 503)).toEqual([])
  expect([api, ...workers].map(({ child }) => child.exitCode)).toEqual([null, null, null])
  expect(back).toBeLessThan(5_000)
  process.stdout.write(
    `frozen Redis: ${source.acknowledged()} events, acknowledged again after ${back} ms, in the index ${took} ms after the last\n`,
  )
}, 120_000)

test('a worker that stalls with jobs in hand: another takes them, and what it does on waking counts nothing twice', async () => {
  const { redis, workers, source } = await underLoad()
  workers[0]?.child.kill('SIGSTOP')
  // Longer than its locks hold (6 s), and than it takes to find them gone.
  await sleep(10_500)
  workers[0]?.child.kill('SIGCONT')
  await sleep(300)
  await source.stop()
  const took = await indexComesToHold(redis.url, source.told, 30_000)
  expect(source.refusals.get(503)).toBeUndefined()
  expect(workers.map(({ child }) => child.exitCode)).toEqual([null, null])
  process.stdout.write(
    `a stalled worker: ${source.acknowledged()} events, in the index ${took} ms after the last\n`,
  )
}, 120_000)
