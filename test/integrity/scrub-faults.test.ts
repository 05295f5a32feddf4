import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { digestOf, type LabImage, makeImage } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { MOST_OF_PROJECT, makeBrokenRecords } from '../../src/integrity/broken-records.ts'
import { makeScrub } from '../../src/integrity/scrub.ts'
import type { ScrubImage } from '../../src/integrity/scrub-image.ts'
import { makeScrubState } from '../../src/integrity/scrub-state.ts'
import { makeWatchBroken } from '../../src/integrity/watch-broken.ts'
import type { RegistryAlert } from '../../src/queue/alert.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

/** Scrubs of a registry that is away, lies, or changes while it is read: none of that is a broken image. */
const bed = useRedis()

type Answer = (response: ServerResponse, path: string) => boolean
/** A registry in memory. `fault` answers in its place if it gives true. */
let registry: { server: Server; url: string; images: LabImage[]; fault: Answer; asked: string[] }
let client: RegistryClient

beforeAll(async () => {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    registry.asked.push(path)
    if (registry.fault(response, path)) return
    if (path === '/v2/') return void response.end('{}')
    const digest = /@?(sha256:[0-9a-f]{64})$/.exec(path)?.[1] ?? ''
    for (const { manifests, blobs } of registry.images) {
      const manifest = path.includes('/manifests/') ? manifests.get(digest) : undefined
      const blob = path.includes('/blobs/') ? blobs.get(digest) : undefined
      if (manifest === undefined && blob === undefined) continue
      const body = manifest?.bytes ?? blob ?? Buffer.alloc(0)
      const type = manifest?.mediaType ?? 'application/octet-stream'
      response.writeHead(200, {
        ...{ 'content-type': type, 'content-length': body.length, 'docker-content-digest': digest },
      })
      return void response.end(request.method === 'HEAD' ? undefined : body)
    }
    notFound(response)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  registry = { server, url, images: [], fault: () => false, asked: [] }
})
beforeEach(() => {
  client = makeRegistryClient({ name: 'ci', url: registry.url, limits: { longestWaitMs: 0 } })
  Object.assign(registry, { images: [], fault: () => false })
  registry.asked.length = 0
  return () => client.close()
})
afterAll(async () => {
  registry?.server.close()
})

function notFound(response: ServerResponse): true {
  response.writeHead(404, { 'content-type': 'application/json' })
  response.end('{"errors":[{"code":"BLOB_UNKNOWN"}]}')
  return true
}
function failing(response: ServerResponse, status: number, type: string, body: string): true {
  response.writeHead(status, { 'content-type': type })
  response.end(body)
  return true
}
const isBlob = (path: string) => path.includes('/blobs/')

const DAY = 86_400_000
const imageOf = (label: string, bytes = 5_000) =>
  makeImage({
    layers: [
      { seed: label, bytes },
      { seed: 'shared', bytes: 400 },
    ],
    label,
  })

const layersOf = ({ root, manifests }: LabImage): string[] =>
  JSON.parse(manifests.get(root.digest)?.bytes.toString() ?? '').layers.map(
    ({ digest }: { digest: string }) => digest,
  )

function setUp(images: LabImage[], { bytesPerDay = 1e9, repository = (n: number) => `s/${n}` } = {}) {
  registry.images = images
  const entries = images.map(({ root }, n): ScrubImage => {
    return { repository: repository(n), digest: root.digest, tags: ['v1'] }
  })
  const on = { redis: bed.redis, prefix: 't' }
  const [records, state] = [makeBrokenRecords(on), makeScrubState(on)]
  const alerts: RegistryAlert[] = []
  const clock = { now: Date.parse('2026-11-27T12:00:00Z') }
  const now = () => clock.now
  const watch = makeWatchBroken({
    ...{ records, now, noteBroken: async () => {}, mayBeSparse: () => false, findCopies: async () => [] },
    projectIdOf: () => 'ci/s',
    announce: async (alert) => alerts.push(alert),
  })
  const own = { client, url: registry.url }
  const stopping = new AbortController()
  const scrub = makeScrub({
    targetOf: () => ({ bytesPerDay, period: 30 * DAY, own, consumer: own }),
    ...{ state, records, watch, now, stopped: stopping.signal, onRead: () => {} },
    async *images() {
      yield* entries
    },
    log: pino({ level: 'silent' }),
  })
  const run = () => scrub({ kind: 'scrub', registry: 'ci', share: 'day' })
  return { run, records, state, alerts, clock, stopping }
}

const faults: [string, Answer][] = [
  [
    'a redirect to nowhere',
    (response, path) => {
      if (!isBlob(path)) return false
      response.writeHead(307, { location: 'http://[' })
      response.end()
      return true
    },
  ],
  [
    'redirects without an end',
    (response, path) => {
      if (!isBlob(path)) return false
      response.writeHead(307, { location: path })
      response.end()
      return true
    },
  ],
  [
    'a token server that gives a page of HTML',
    (response, path) => {
      if (path.startsWith('/token')) return failing(response, 200, 'text/html', '<html>We are away</html>')
      if (!isBlob(path)) return false
      response.setHeader('www-authenticate', `Bearer realm="${registry.url}/token",service="x"`)
      return failing(response, 401, 'application/json', '{}')
    },
  ],
  [
    'a proxy that has lost its registry, and says 404 to everything after the manifest',
    (() => {
      let isAway = false
      return (response, path) => {
        isAway ||= isBlob(path)
        return isAway && failing(response, 404, 'text/plain', 'default backend - 404')
      }
    })(),
  ],
  [
    'a storage that goes away after the manifest, so that the registry answers 500',
    (() => {
      let isAway = false
      return (response, path) => {
        isAway ||= isBlob(path)
        return isAway && failing(response, 500, 'application/json', '{"errors":[{"code":"UNKNOWN"}]}')
      }
    })(),
  ],
  ['too many requests', (response, path) => isBlob(path) && failing(response, 429, 'application/json', '{}')],
  ['no login', (response, path) => isBlob(path) && failing(response, 401, 'application/json', '{}')],
  ['no right', (response, path) => isBlob(path) && failing(response, 403, 'application/json', '{}')],
  [
    'an expiry that deletes the image, and a collection its blobs',
    (() => {
      let isDeleted = false
      return (response, path) => {
        isDeleted ||= isBlob(path)
        return isDeleted && notFound(response)
      }
    })(),
  ],
]
test.for(faults)('%s breaks no image', async ([name, fault]) => {
  const { run, records, alerts } = setUp([imageOf(name)])
  registry.fault = fault
  await run()
  expect(await records.all('ci')).toEqual([])
  expect(alerts).toEqual([])
})

test('a blob that is gone breaks its image, also if the registry answers 404 in text', async () => {
  const { run, records, alerts } = setUp([imageOf('gone')])
  let blob = ''
  registry.fault = (response, path) => {
    if (isBlob(path)) blob ||= path
    return path === blob && failing(response, 404, 'text/plain', '404 page not found')
  }
  await run()
  expect(await records.all('ci')).toMatchObject([{ damages: [{ fault: 'missing' }], damageCount: 1 }])
  expect(alerts.map(({ event }) => event)).toEqual(['images.broken'])
})

test('bytes of an image that always breaks off are of the budget, and it does not starve the others', async () => {
  const [broken, good] = [imageOf('breaks off', 200_000), imageOf('after it')]
  const [large = ''] = layersOf(broken)
  const { run, state, clock, records } = setUp([broken, good])
  registry.fault = (response, path) => {
    if (!path.endsWith(large)) return false
    response.writeHead(200, { 'content-length': 200_000 })
    response.write(Buffer.alloc(100_000), () => response.destroy())
    return true
  }
  const first = await run()
  expect(first).toMatchObject({ unread: 1, images: 1, damaged: 0 })
  expect(first.bytes).toBeGreaterThanOrEqual(100_000)
  expect((await state.progress('ci')).spent?.bytes).toBe(first.bytes)

  const asked = () => registry.asked.filter((path) => path.endsWith(large)).length
  const before = asked()
  clock.now += 600_000
  expect(await run()).toMatchObject({ bytes: 0, unread: 0 })
  expect(asked()).toBe(before)
  // It has its turn again on the next day.
  registry.fault = () => false
  clock.now += DAY
  expect(await run()).toMatchObject({ images: 1 })
  expect(await records.all('ci')).toEqual([])
})

test('one blob that breaks more images than are recorded gives one alert, and is not read for each of them', async () => {
  const images = Array.from({ length: MOST_OF_PROJECT + 30 }, (_, n) => imageOf(`storm ${n}`, 10))
  const [, shared = ''] = layersOf(images[0] ?? imageOf(''))
  const { run, records, alerts, clock } = setUp(images)
  registry.fault = (response, path) => path.endsWith(shared) && notFound(response)
  const { damaged } = await run()
  expect(damaged).toBe(1)
  expect(await records.all('ci')).toHaveLength(MOST_OF_PROJECT)
  clock.now += 600_000
  expect(await run()).toMatchObject({ bytes: 0, damaged: 0 })
  expect(alerts.map(({ event }) => event)).toEqual(['images.broken'])
  registry.fault = () => false
  clock.now += 2 * DAY
  await run()
  expect(await records.all('ci')).toEqual([])
  expect(alerts.map(({ event }) => event)).toEqual(['images.broken', 'images.whole'])
})

test('a clock that was a year ahead for a moment stops scrubs for the rest of the day only', async () => {
  const images = [imageOf('clock 1'), imageOf('clock 2'), imageOf('clock 3')]
  const { run, clock } = setUp(images, { bytesPerDay: 5_000 })
  clock.now += 365 * DAY
  expect((await run()).bytes).toBeGreaterThan(5_000)
  clock.now -= 365 * DAY
  expect((await run()).bytes).toBe(0)
  clock.now += DAY
  expect((await run()).bytes).toBeGreaterThan(0)
})

test('a stop ends the reading of a layer that never ends, and that breaks nothing', async () => {
  const image = imageOf('stopped', 50_000)
  const { run, records, stopping, state } = setUp([image])
  const [large = ''] = layersOf(image)
  registry.fault = (response, path) => {
    if (!path.endsWith(large)) return false
    response.writeHead(200, { 'content-length': 50_000 })
    response.write(Buffer.alloc(10_000), () => setTimeout(() => stopping.abort(), 50))
    return true
  }
  expect(await run()).toMatchObject({ images: 0, damaged: 0, unread: 0 })
  expect(await records.all('ci')).toEqual([])
  // What was read counts.
  expect((await state.progress('ci')).spent?.bytes).toBeGreaterThanOrEqual(10_000)
})

test('a budget that is too small for the period reads every image, and not only those that are used most', async () => {
  const images = Array.from({ length: 10 }, (_, n) => imageOf(`fair ${n}`))
  const { run, clock, records } = setUp(images, { bytesPerDay: 3_000 })
  const asked = () =>
    new Set(registry.asked.filter(isBlob).map((path) => path.slice(path.lastIndexOf('/') + 1)))
  // An image takes two runs. The period, 30 days, ends before the last one has its turn.
  for (let n = 0; n < 24; n++) {
    await run()
    clock.now += 10 * DAY
  }
  for (const image of images) expect(asked()).toContain(layersOf(image)[0])
  expect(await records.all('ci')).toEqual([])
})

test('a registry that is away is left alone after some images, and read in the next run', async () => {
  const images = Array.from({ length: 40 }, (_, n) => imageOf(`away ${n}`, 10))
  const { run, clock, alerts } = setUp(images)
  registry.fault = (response) => failing(response, 503, 'application/json', '{}')
  expect(await run()).toMatchObject({ unread: 5, images: 0 })
  registry.fault = () => false
  clock.now += 600_000
  expect(await run()).toMatchObject({ unread: 0, images: 40 })
  expect(alerts).toEqual([])
})

test('an image of a kind that is not understood is tried once a day, and hides none after it', async () => {
  const bytes = Buffer.from('{"schemaVersion":3,"mediaType":"application/vnd.future+json"}')
  const mediaType = 'application/vnd.future+json'
  const root = { mediaType, digest: digestOf(bytes), size: bytes.length }
  const strange: LabImage = {
    root,
    manifests: new Map([[root.digest, { bytes, mediaType }]]),
    blobs: new Map(),
  }
  const { run, clock } = setUp([strange, imageOf('good')])
  expect(await run()).toMatchObject({ images: 1, unread: 1 })
  registry.asked.length = 0
  clock.now += 600_000
  await run()
  expect(registry.asked.filter((path) => path.includes(root.digest))).toEqual([])
})
