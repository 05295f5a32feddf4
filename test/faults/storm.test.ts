import { randomInt } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { deliver, makePush, pullEvent, pushEvent, type Told } from '../../lab/event-source.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const COPIES = 6
const EVENTS = 450
const LANES = 40

test('every event is sent six times at once to two processes, and most senders give up early: each event counts once', async () => {
  const redis = await startRedis()
  closers.push(() => redis.close())
  const services = [await makeService({ redisUrl: redis.url }), await makeService({ redisUrl: redis.url })]
  for (const service of services) {
    closers.push(service.close)
    await service.startApi()
  }
  await services[0]?.startWorker('events', 'quota')
  const urls = services.map(({ url }) => url)

  const told = new Map<string, Told>()
  const statuses = new Map<number, number>()
  let next = 0
  const lane = async () => {
    for (let n = next++; n < EVENTS; n = next++) {
      // Each image is pushed once and pulled twice.
      const group = Math.floor(n / 3)
      const image = makePush(0, group % 4, group)
      const isPush = n % 3 === 0
      const body = JSON.stringify({ events: [isPush ? pushEvent(image) : pullEvent(image)] })
      // Most copies give up after some milliseconds, like a registry whose answer is late. The last is sent until accepted.
      const send = async (copy: number) => {
        const patient = copy === COPIES - 1
        for (;;) {
          const status = await deliver(urls[copy % 2] ?? '', body, patient ? 5_000 : 1 + randomInt(60))
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
          if (!patient || status === 202) return
        }
      }
      await Promise.all(Array.from({ length: COPIES }, (_, copy) => send(copy)))
      const project = told.get(`ci/${image.repository}`) ?? {
        manifests: new Set(),
        pulls: 0,
        contents: new Map(),
      }
      told.set(`ci/${image.repository}`, project)
      if (!isPush) project.pulls++
      else {
        project.manifests.add(image.digest)
        for (const { digest, size } of [image, ...image.references]) project.contents.set(digest, size)
      }
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  await indexComesToHold(redis.url, told)
  expect([...statuses.keys()].filter((status) => status !== 0 && status !== 202)).toEqual([])
  expect(statuses.get(202)).toBeGreaterThan(EVENTS)
})
