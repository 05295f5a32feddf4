import { rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type LabImage, makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeBrokenRecords } from '../../src/integrity/broken-records.ts'
import { makeScrub } from '../../src/integrity/scrub.ts'
import type { ScrubImage } from '../../src/integrity/scrub-image.ts'
import { makeScrubState } from '../../src/integrity/scrub-state.ts'
import { makeWatchBroken } from '../../src/integrity/watch-broken.ts'
import type { RegistryAlert } from '../../src/queue/alert.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { blobKey } from '../../src/storage/layout.ts'

/** Scrubs of a real registry, directly and through a cache that may serve wrong bytes of the right length. */
const bed = useRedis()
let registry: LabRegistry
let cache: { server: Server; url: string; wrong: Set<string>; asked: string[] }
let own: RegistryClient
let consumer: RegistryClient

beforeAll(async () => {
  registry = await startRegistry()
  const wrong = new Set<string>()
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '', headers } = request
    const accept = headers.accept === undefined ? {} : { accept: headers.accept }
    const answer = await fetch(registry.url + url, { method, headers: accept })
    const body = Buffer.from(await answer.arrayBuffer())
    const digest = /blobs\/(.*)$/.exec(url)?.[1]
    if (digest !== undefined && method === 'GET') asked.push(digest)
    if (digest !== undefined && wrong.has(digest)) body.fill(0, 0, 8)
    const kept = ['content-type', 'docker-content-digest', 'content-length']
    response.writeHead(
      answer.status,
      Object.fromEntries(
        kept.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name) ?? '']] : [])),
      ),
    )
    response.end(body)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  cache = { server, wrong, asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  own = makeRegistryClient({ name: 'ci', url: registry.url })
  consumer = makeRegistryClient({ name: 'ci', url: cache.url })
})
beforeEach(() => {
  cache.wrong.clear()
  cache.asked.length = 0
})
afterAll(async () => {
  await own?.close()
  await consumer?.close()
  cache?.server.close()
  await registry?.close()
})

const DAY = 86_400_000
const imageOf = (base: string, label: string) =>
  makeImage({
    layers: [
      { seed: base, bytes: 5_000 },
      { seed: label, bytes: 300 },
    ],
    label,
  })
const layersOf = (image: LabImage): string[] =>
  JSON.parse(image.manifests.get(image.root.digest)?.bytes.toString() ?? '').layers.map(
    ({ digest }: { digest: string }) => digest,
  )
const entry = (repository: string, image: LabImage): ScrubImage => ({
  ...{ repository, digest: image.root.digest, tags: ['v1'] },
})

function setUp(images: ScrubImage[], { bytesPerDay = 1e9 } = {}) {
  const on = { redis: bed.redis, prefix: 't' }
  const [records, state] = [makeBrokenRecords(on), makeScrubState(on)]
  const alerts: RegistryAlert[] = []
  const clock = { now: Date.parse('2026-11-27T12:00:00Z') }
  const now = () => clock.now
  const watch = makeWatchBroken({
    ...{ records, now, noteBroken: async () => {}, mayBeSparse: () => false, findCopies: async () => [] },
    projectIdOf: (place) => `${place.registry}/${place.repository}`,
    announce: async (alert) => alerts.push(alert),
  })
  const scrub = makeScrub({
    targetOf: () => ({
      ...{ bytesPerDay, period: 30 * DAY, own: { client: own, url: registry.url } },
      consumer: { client: consumer, url: cache.url },
    }),
    ...{ state, records, watch, now, stopped: new AbortController().signal, onRead: () => {} },
    async *images(_, repository) {
      for (const image of images) if (repository === undefined || image.repository === repository) yield image
    },
    log: pino({ level: 'silent' }),
  })
  const run = (share: 'day' | 'so far' = 'day') => scrub({ kind: 'scrub', registry: 'ci', share })
  return { run, records, state, alerts, clock }
}

test('a cache that serves wrong bytes of the right length is told apart from damaged storage', async () => {
  const [x, y] = [imageOf('scrub', 'x'), imageOf('scrub', 'y')]
  await pushImage(own, 's/x', 'v1', x)
  await pushImage(own, 's/y', 'v1', y)
  const [base = '', top = ''] = layersOf(x)
  const { run, records, alerts, clock } = setUp([entry('s/x', x), entry('s/y', y)])
  cache.wrong.add(base)
  await run()
  const found = await records.all('ci')
  expect(found.map(({ repository }) => repository)).toEqual(['s/x', 's/y'])
  for (const { damages } of found)
    expect(damages).toMatchObject([
      { digest: base, fault: 'corrupt', at: expect.stringContaining('has it right') },
    ])
  expect(alerts.map(({ event }) => event)).toEqual(['images.broken'])
  expect(alerts[0]?.text).toContain(
    `as ${cache.url} serves it; the registry itself, ${registry.url}, has it right`,
  )
  // There is nothing to put back.
  expect(alerts[0]?.text).not.toContain('tallyman repair')
  expect(alerts[0]?.text).not.toContain('No good copy')

  // The cache is mended; the storage is not.
  cache.wrong.clear()
  await writeFile(join(registry.storage, blobKey(top)), Buffer.alloc(400))
  clock.now += 31 * DAY
  await run()
  expect(
    (await records.all('ci')).map(({ repository, damages }) => [repository, damages[0]?.digest]),
  ).toEqual([['s/x', top]])
  expect(alerts.at(-1)?.text).toContain('look at the storage of the registry')
  await rm(join(registry.storage, blobKey(top)))
  await pushImage(own, 's/x', 'v1', x)
  clock.now += 2 * 3_600_000
  await run()
  expect(await records.all('ci')).toEqual([])
  expect(alerts.at(-1)?.event).toBe('images.whole')
})

test('reads within its budget, goes on where it stopped, and reads each content once in a period', async () => {
  const images = [1, 2, 3].map((n) => imageOf('shared', `budget ${n}`))
  for (const [n, image] of images.entries()) await pushImage(own, `b/${n}`, 'v1', image)
  const entries = images.map((image, n) => entry(`b/${n}`, image))
  const { run, clock, state } = setUp(entries, { bytesPerDay: 5_000 })
  const first = await run()
  expect(first.images).toBeLessThan(3)
  expect((await run()).bytes).toBe(0) // The budget of the day is spent.
  for (let day = 0; day < 4; day++) {
    clock.now += DAY
    await run()
  }
  expect((await state.progress('ci')).images).toBe(3)
  expect(new Set(cache.asked).size).toBe(cache.asked.length)
  expect((await run()).bytes).toBe(0)
})

test('repositories where garbage was collected come first, also if they were read before', async () => {
  const images = [1, 2, 3].map((n) => imageOf('first', `first ${n}`))
  for (const [n, image] of images.entries()) await pushImage(own, `f/${n}`, 'v1', image)
  const { run, clock, state } = setUp(images.map((image, n) => entry(`f/${n}`, image)))
  await run()
  cache.asked.length = 0
  clock.now += 3_600_000
  await state.scrubFirst('ci', ['f/2'], clock.now)
  clock.now += 1
  const again = await run()
  expect(again.images).toBe(1)
  expect(new Set(cache.asked)).toEqual(new Set(images[2]?.blobs.keys()))
  expect(await state.first('ci')).toEqual([])
})
