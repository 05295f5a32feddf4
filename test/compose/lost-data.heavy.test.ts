import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeRegistryFolder } from '../../bench/registry-folder.ts'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { startRedis } from '../../lab/redis.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { usageFromStorage } from '../../lab/storage-truth.ts'
import { ADMIN_TOKEN, eventually, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { watchRedis } from '../../src/compose/watch-redis.ts'
import { identityOf } from '../../src/platform/redis-identity.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

const bed = useRedis()
let registry: LabRegistry
let client: RegistryClient
beforeAll(async () => {
  registry = await startRegistry()
  client = makeRegistryClient({ name: 'ci', url: registry.url })
  for (const name of ['team/app', 'team/web'])
    await pushImage(client, name, 'v1', makeImage({ layers: [{ seed: name, bytes: 3_000 }], label: name }))
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

test('a Redis that was emptied is noticed at the next look; what failed then is done again', async () => {
  const errors: unknown[] = []
  const stops: (() => unknown)[] = []
  const watch = await watchRedis({
    ...{ redis: bed.redis, where: 'here', key: 't:identity', everyMs: 20, otherWarnings: async () => [] },
    log: { warn: () => undefined, error: (message: unknown) => void errors.push(message) },
    onClose: (stop) => stops.push(stop),
  })
  const calls: number[] = []
  watch.onLostData(async () => {
    calls.push(await watch.dataSince())
    if (calls.length === 1) throw new Error('Redis is away again')
  })
  try {
    const before = await watch.dataSince()
    await bed.redis.flushall()
    await eventually(
      async () => calls.length,
      (count) => count === 2,
    )
    // Another look, in which nothing is to be done.
    await bed.redis.set('t:identity', (await bed.redis.get('t:identity')) ?? '')
    expect(await watch.dataSince()).toBeGreaterThanOrEqual(before)
    expect(errors).toEqual([expect.stringContaining('Redis at here has lost its data')])
  } finally {
    for (const stop of stops) await stop()
  }
  expect(calls).toHaveLength(2)
})

test('data that is lost between two looks gets one identity', async () => {
  const first = await identityOf(bed.redis, 't:identity')
  expect(await identityOf(bed.redis, 't:identity')).toEqual(first)
  await bed.redis.flushall()
  // Processes that look at once agree.
  const [a, b] = await Promise.all([identityOf(bed.redis, 't:identity'), identityOf(bed.redis, 't:identity')])
  expect(a).toEqual(b)
  expect(a?.id).not.toBe(first?.id)
  expect(a?.since).toBeGreaterThanOrEqual(first?.since ?? 0)
})

interface Registry {
  state: string
  confidence: string
  uniqueBytes: number
  events: { gaps?: object[] }
  lastReconcile: { reason: string } | null
}

test('a Redis that comes back empty: the index is built again, schedules are there, the good snapshot stays', async () => {
  const policy = {
    name: 'nightly',
    match: { registry: 'ci' },
    rules: [{ tag: 'old-*', olderThan: '30d', expire: true }],
  }
  const tallyman = await startTallyman({
    registries: { ci: { url: registry.url, token: WEBHOOK_TOKEN } },
    reconcile: { atFirstStart: true, every: '1d' },
    expiry: { policies: [policy] },
    snapshots: { keep: 1 },
  })
  const ci = async () => (await tallyman.get<{ registries: [Registry] }>('/v1/registries')).registries[0]
  const projects = async () =>
    (await tallyman.get<{ projects: { id: string; uniqueBytes: number }[] }>('/v1/projects')).projects.map(
      ({ id, uniqueBytes }) => ({ id, uniqueBytes }),
    )
  const snapshots = async () =>
    (await tallyman.get<{ snapshots: { key: string }[] }>('/v1/snapshots')).snapshots.map(({ key }) => key)
  const writeSnapshot = () =>
    tallyman.app.inject({
      ...{ method: 'POST', url: '/v1/snapshots' },
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    })
  let redis: Awaited<ReturnType<typeof startRedis>> | undefined
  try {
    await eventually(ci, ({ state }) => state === 'read')
    const before = await projects()
    expect(before).toEqual([
      { id: 'ci/team/app', uniqueBytes: expect.any(Number) },
      { id: 'ci/team/web', uniqueBytes: expect.any(Number) },
    ])
    await writeSnapshot()
    const [good] = await eventually(snapshots, (keys) => keys.length === 1)

    const { port } = tallyman.redis
    await tallyman.redis.process.stop('SIGKILL')
    redis = await startRedis({ port })
    await eventually(ci, (one) => one.lastReconcile?.reason === 'Redis lost its data' && one.state === 'read')
    expect((await ci()).confidence).toMatch(/^exact since/)
    expect(await projects()).toEqual(before)

    const connection = new Redis(port)
    const queues = makeQueues(connection, 'tallyman')
    const schedules = await Promise.all(
      [queues.expiry, queues.reconcile, queues.snapshot].map((queue) => queue.getJobSchedulers()),
    )
    await closeQueues(queues)
    connection.disconnect()
    expect(schedules.flat().map(({ key }) => key)).toEqual(['ci/nightly', 'reconcile-ci', 'snapshot-write'])

    await writeSnapshot()
    await eventually(snapshots, (keys) => keys.length === 2)
    expect(await snapshots()).toContain(good)
  } finally {
    await tallyman.close()
    await redis?.close()
  }
})

test('a Redis that comes back empty while a registry is read: the run from before is given up, and all is read', async () => {
  // It takes seconds to read.
  const storage = makeRegistryFolder(1_500, { projects: 60, repositories: 3, imagesPerBase: 20 })
  const tallyman = await startTallyman({
    registries: {
      ci: { url: registry.url, token: WEBHOOK_TOKEN, storage: { type: 'folder', path: storage.root } },
    },
    reconcile: { atFirstStart: true },
  })
  const ci = async () => (await tallyman.get<{ registries: [Registry] }>('/v1/registries')).registries[0]
  let redis: Awaited<ReturnType<typeof startRedis>> | undefined
  try {
    await eventually(ci, ({ state }) => /^reading, [1-9]\d repositories/.test(state))
    const { port } = tallyman.redis
    await tallyman.redis.process.stop('SIGKILL')
    redis = await startRedis({ port })
    const { confidence, uniqueBytes } = await eventually(ci, ({ state }) => state === 'read')
    expect(confidence).toMatch(/^exact since/)
    expect(uniqueBytes).toBe(usageFromStorage(storage.root).totalBytes)
  } finally {
    await tallyman.close()
    await redis?.close()
    storage.remove()
  }
})

test('a project that is older than what Redis has after a crash is listed again with its next event', async () => {
  const tallyman = await startTallyman()
  const { port, folder } = tallyman.redis
  const ids = async () =>
    (await tallyman.get<{ projects: { id: string }[] }>('/v1/projects')).projects.map(({ id }) => id)
  const push = (tag: string) =>
    tallyman.deliver({
      events: [
        {
          ...{ id: `push-${tag}`, timestamp: new Date().toISOString(), action: 'push' },
          target: {
            ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', repository: 'team/app', tag },
            ...{ digest: `sha256:${'a'.repeat(64)}`, size: 2_048 },
          },
        },
      ],
    })
  let redis: Awaited<ReturnType<typeof startRedis>> | undefined
  try {
    const connection = new Redis(port)
    await connection.save()
    connection.disconnect()
    await push('v1')
    await eventually(ids, ([id]) => id === 'ci/team/app')
    await tallyman.redis.process.stop('SIGKILL')
    redis = await startRedis({ port, folder })
    await eventually(ids, (all) => all.length === 0)
    await eventually(
      () => push('v2'),
      (status) => status === 202,
    )
    await eventually(ids, ([id]) => id === 'ci/team/app')
  } finally {
    await tallyman.close()
    await redis?.close()
  }
})
