import { afterEach, expect, test } from 'vitest'
import { startEventSource } from '../../lab/event-source.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'
import { eventually } from '../../lab/tallyman.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

test('three APIs and three workers on one Redis index each event once, while workers start and stop', async () => {
  const redis = await startRedis()
  closers.push(redis.close)
  const service = await makeService({ redisUrl: redis.url })
  closers.push(service.close)
  await service.startApi()
  const others = [await service.startAnotherApi(), await service.startAnotherApi()]
  const workers = [await service.startWorker('events', 'quota'), await service.startWorker('events', 'quota')]
  const url = [service.url, ...others.map((api) => api.url)]
  const source = startEventSource({ url, registries: 12, projects: 5 })
  // Both workers log into one file.
  await eventually(
    async () => workers[0]?.output() ?? '',
    (text) => text.split('"tallyman is up"').length === 3,
  )
  await source.untilMore(500)
  workers.push(await service.startWorker('events', 'quota'))
  await workers[0]?.stop()
  await source.untilMore(1_000)
  await source.stop()
  await indexComesToHold(redis.url, source.told)
  // 0: on a busy machine an answer may be late.
  expect([...source.refusals.keys()].filter((status) => status !== 0)).toEqual([])
  expect(workers.map(({ child }) => child.exitCode)).toEqual([0, null, null])
})
