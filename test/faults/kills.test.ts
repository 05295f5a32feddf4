import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { startEventSource } from '../../lab/event-source.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always']
const ROUNDS = 3

test('the API, a worker and Redis are killed again and again under load: every acknowledged event is indexed once', async () => {
  let redis: LabRedis = await startRedis({ args: DURABLE })
  closers.push(() => redis.close())
  const { port, folder, url } = redis
  const service = await makeService({ redisUrl: url })
  closers.push(service.close)
  let api = await service.startApi()
  const workers = [await service.startWorker('events', 'quota'), await service.startWorker('events', 'quota')]
  const source = startEventSource({ url: service.url, registries: 8, projects: 5 })
  // Waits until events are accepted, and then for a random time.
  const underLoad = async () => {
    await source.untilMore(20)
    await sleep(randomInt(500))
  }

  for (let round = 0; round < ROUNDS; round++) {
    await underLoad()
    await workers[round % 2]?.stop('SIGKILL')
    workers[round % 2] = await service.startWorker('events', 'quota')
    await underLoad()
    await redis.process.stop('SIGKILL')
    redis = await startRedis({ port, folder, args: DURABLE })
    await underLoad()
    await api.stop('SIGKILL')
    api = await service.startApi()
  }
  await source.untilMore(200)
  await source.stop()
  // Jobs of a worker that was killed wait until their lock has run out.
  const took = await indexComesToHold(url, source.told)
  expect([...source.refusals.keys()].filter((status) => status !== 0 && status !== 503)).toEqual([])
  expect(workers.map(({ child }) => child.exitCode)).toEqual([null, null])
  process.stdout.write(
    `killed: ${source.acknowledged()} events acknowledged, in the index after ${took} ms\n`,
  )
})
