import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { makeIndexEventsBed } from './index-events-bed.ts'

let server: LabRedis
let redis: Redis
let queues: Queues
beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.port, { maxRetriesPerRequest: null })
  queues = makeQueues(redis, 't')
})
afterAll(async () => {
  await closeQueues(queues)
  redis.disconnect()
  await server.close()
})
beforeEach(() => redis.flushall())

function makeBed() {
  const now = () => T + 7_200 * S
  const { index, renames, quarantine, indexEvents } = makeIndexEventsBed({ redis, queues, now })
  const tell = (...events: object[]) =>
    indexEvents([{ registry: 'ci', receivedAt: '2026-11-23T12:00:00Z', events }])
  const images = async (project: string) =>
    (await allImages(index, project)).map(({ repository, digest, tags }) => [
      repository,
      digest,
      tags[0]?.name,
    ])
  return { index, renames, tell, images, quarantine, indexEvents }
}

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const event = (action: string, second: number, target: object, rest: object = {}) => ({
  ...{
    id: `${action} ${second}`,
    timestamp: `2026-11-23T10:00:${String(second).padStart(2, '0')}Z`,
    action,
    target,
  },
  ...rest,
})
const mediaType = 'application/vnd.oci.image.manifest.v1+json'
const get = { request: { method: 'GET' } }
const manifest = (repository: string, letter: string, rest: object = {}) => ({
  ...{ mediaType, size: 500, digest: digest(letter), repository, tag: 'v1', ...rest },
})
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', size: 9, digest: digest('1') }
const known = { references: [{ ...layer, mediaType: 'application/vnd.oci.image.config.v1+json' }] }
const rename = event('rename', 30, { rename: { type: 'name', from: 'old', to: 'new' } })
/** 2026-11-23T10:00:00Z */
const T = 1_795_428_000_000_000
const S = 1_000_000

const asked = async () => {
  const jobs = await queues.resolve.getJobs(['waiting', 'delayed'])
  return jobs.map(({ data }) => data).sort((a, b) => a.at - b.at)
}

test('late events of a renamed repository are indexed under its new name, whichever process entered the rename', async () => {
  const [here, there] = [makeBed(), makeBed()]
  await here.tell(rename)
  expect(await asked()).toEqual([{ kind: 'rename', registry: 'ci', from: 'old', to: 'new', at: T + 30 * S }])
  await there.tell(
    event('push', 10, manifest('old/x', 'a', known)),
    event('pull', 12, manifest('old/x', 'a', known), get),
    event('push', 40, manifest('old', 'b', known)),
  )
  expect(await there.images('ci/new')).toEqual([['new/x', digest('a'), 'v1']])
  expect(await there.images('ci/old')).toEqual([['old', digest('b'), 'v1']])
  expect(await there.index.usage('ci/old')).toMatchObject({ pulls: 1, lastPullAt: T + 12 * S })
  expect(await there.index.usage('ci/new')).toMatchObject({ pulls: 0, lastPushAt: 0, unresolved: 0 })
  await there.tell(event('delete', 20, { repository: 'old/x', digest: digest('a') }))
  expect(await there.images('ci/new')).toEqual([])
})

test('one job may hold a rename and events from before and after it', async () => {
  const { tell, images } = makeBed()
  await tell(
    event('push', 10, manifest('old', 'a', known)),
    rename,
    event('push', 40, manifest('new', 'b', known)),
  )
  expect((await images('ci/new')).map(([, found]) => found).sort()).toEqual([digest('a'), digest('b')])
  expect(await images('ci/old')).toEqual([])
})

test('each manifest with unknown references is looked up once while it waits, also under its old name after a rename', async () => {
  const { tell, index } = makeBed()
  const pull = (second: number) => event('pull', second, manifest('team', 'a'), get)
  await tell(pull(10), event('push', 12, manifest('whole', 'c', known)))
  await tell(pull(13), pull(14))
  const job = (repository: string, letter: string, second: number, via: string) => ({
    ...{ kind: 'references', registry: 'ci', repository, digest: digest(letter), at: T + second * S, via },
  })
  expect(await asked()).toEqual([job('team', 'a', 10, 'pull')])
  expect(await index.usage('ci/team')).toMatchObject({ unresolved: 1 })

  // The event tells everything but the subject. The sizes are right, and still the manifest is looked up.
  await tell(event('push', 20, manifest('part', 'd', { references: [layer] })))
  expect(await index.usage('ci/part')).toMatchObject({ unresolved: 1 })
  // Each push has a lookup of its own: the manifest may have been deleted in between.
  await tell(event('push', 21, manifest('team', 'a')))
  await tell(event('push', 22, manifest('team', 'a')))
  await tell(rename)
  await tell(event('push', 15, manifest('old', 'e')), event('push', 16, manifest('old', 'f', known)))
  expect((await asked()).filter(({ kind }) => kind === 'references')).toEqual([
    ...[job('team', 'a', 10, 'pull'), job('old', 'e', 15, 'push'), job('part', 'd', 20, 'push')],
    ...[job('team', 'a', 21, 'push'), job('team', 'a', 22, 'push')],
  ])

  await queues.resolve.drain(true)
  await tell(pull(14))
  expect(await asked()).toEqual([job('team', 'a', 14, 'pull')])
})

test('a pull by digest is a use of the manifest that the tag points to', async () => {
  const { tell, index } = makeBed()
  await tell(event('push', 10, manifest('team', 'a', known)))
  await tell(event('pull', 20, { ...manifest('team', 'a', known), tag: undefined }, get))
  expect(await allImages(index, 'ci/team')).toMatchObject([{ tags: [{ name: 'v1' }], pulledAt: T + 20 * S }])
})

test('a rename from a registry that is not configured to send any goes to quarantine, and moves nothing', async () => {
  const { indexEvents, quarantine, renames } = makeBed()
  await indexEvents([{ registry: 'plain', receivedAt: '2026-11-23T12:00:00Z', events: [rename] }])
  expect((await quarantine.page(10, {})).found).toMatchObject([
    { registry: 'plain', reason: expect.stringContaining('registries.plain.renames'), event: rename },
  ])
  expect([await renames.of('plain'), await asked()]).toEqual([[], []])
})

test('a HEAD of a manifest is a use of it, and no pull; it changes no tag that was pushed', async () => {
  const { tell, index } = makeBed()
  const head = { request: { method: 'HEAD' } }
  await tell(event('push', 10, manifest('team', 'a', known)), event('push', 11, manifest('team', 'b', known)))
  await tell(event('pull', 20, manifest('team', 'a', known), head), event('pull', 20, layer, head))
  expect(await allImages(index, 'ci/team')).toMatchObject([
    { digest: digest('a'), tags: [], pulledAt: T + 20 * S },
    { digest: digest('b'), tags: [{ name: 'v1' }], pulledAt: 0 },
  ])
  expect(await index.usage('ci/team')).toMatchObject({ pulls: 0, scans: 0, manifests: 2 })
})

test('a delete event tells only a digest: the index knows whether that was a manifest or a blob', async () => {
  const { tell, index } = makeBed()
  const loose = { mediaType: 'application/octet-stream', size: 70, digest: digest('2'), repository: 'team' }
  await tell(event('push', 10, manifest('team', 'a', known)), event('push', 11, loose))
  expect(await index.usage('ci/team')).toMatchObject({ manifests: 1, tags: 1, unreferencedBytes: 70 })
  await tell(event('delete', 12, { repository: 'team', digest: digest('2') }))
  expect(await index.usage('ci/team')).toMatchObject({ manifests: 1, tags: 1, unreferencedBytes: 0 })
  await tell(event('delete', 13, { repository: 'team', digest: digest('a') }))
  expect(await index.usage('ci/team')).toMatchObject({ manifests: 0, tags: 0, uniqueBytes: 0 })
})

test('quarantine gets no more events of one body than it keeps', async () => {
  const { tell, quarantine, index } = makeBed()
  const odd = Array.from({ length: 60_000 }, (_, n) => [n])
  await tell(...odd, event('push', 1, { mediaType, size: 1, digest: digest('a'), repository: 'p/app' }))
  expect(await quarantine.count()).toBe(10_000)
  expect((await quarantine.page(1, {})).found[0]?.event).toEqual([59_999])
  expect(await index.usage('ci/p')).toMatchObject({ manifests: 1 })
})

test('an event that was too large to be parsed goes to quarantine as its beginning', async () => {
  const { indexEvents, quarantine } = makeBed()
  const unread = [{ reason: 'an event of 9 MB', beginning: '{"id":"large"' }]
  await indexEvents([{ registry: 'ci', receivedAt: '2026-11-23T12:00:00Z', events: [], unread }])
  expect((await quarantine.page(10, {})).found).toMatchObject([
    { registry: 'ci', reason: 'an event of 9 MB', event: '{"id":"large"' },
  ])
})

test('a manifest that one body names again and again is looked up once', async () => {
  const { tell } = makeBed()
  const push = event('push', 1, { mediaType, size: 1, digest: digest('a'), repository: 'p/app' })
  await tell(...Array.from({ length: 1_000 }, () => push))
  expect(await queues.resolve.getJobCounts('waiting')).toEqual({ waiting: 1 })
})

test('if one project cannot be written, the others of its job still are, and the job is retried', async () => {
  const { index, tell, images } = makeBed()
  const broken = 't:{ci/broken}:manifests'
  await redis.set(broken, 'no hash')
  const job = () =>
    tell(
      event('push', 1, manifest('whole/app', 'a')),
      event('push', 2, manifest('broken/app', 'b')),
      event('push', 3, manifest('other/app', 'c')),
    )
  await expect(job()).rejects.toThrow('WRONGTYPE')
  expect(await images('ci/whole')).toEqual([['whole/app', digest('a'), 'v1']])
  expect(await images('ci/other')).toEqual([['other/app', digest('c'), 'v1']])
  expect(await asked()).toMatchObject([{ digest: digest('a') }, { digest: digest('c') }])
  const rechecks = await queues.quota.getJobs(['waiting'])
  expect(rechecks.map(({ data }) => data.id).sort()).toEqual(['ci/other', 'ci/whole'])
  await redis.del(broken)
  await job()
  expect(await images('ci/broken')).toEqual([['broken/app', digest('b'), 'v1']])
  expect(await index.registryBytes('ci')).toBe(1_500)
})
