import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { appendFile, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HookedRegistry } from '../../lab/hooked-registry.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { type LabService, makeService } from '../../lab/service.ts'
import { eventually } from '../../lab/tallyman.ts'
import { collectionApi, configOf, fillWithGarbage, GARBAGE, startHookedRegistry } from './collection-bed.ts'

/** The worker of collections is killed in each phase; another one starts. */
let registry: HookedRegistry
let redis: LabRedis
let service: LabService
let api: ReturnType<typeof collectionApi>

beforeEach(async () => {
  registry = await startHookedRegistry()
  await fillWithGarbage(registry)
  redis = await startRedis()
  service = await makeService({ redisUrl: redis.url, config: { registries: { ci: configOf(registry) } } })
  await service.startApi()
  api = collectionApi(service.url)
})
afterEach(async () => {
  await service?.close()
  await redis?.close()
  await registry?.close()
})

const isWritable = () =>
  eventually(
    () => registry.takesPushes(),
    (takes) => takes === true,
  )

/** An upload that grows, whoever may write: the drain waits for it. */
async function startEndlessUpload(): Promise<() => Promise<void>> {
  const folder = join(registry.storage, 'docker/registry/v2/repositories/team/app/_uploads/endless')
  await mkdir(folder, { recursive: true })
  const timer = setInterval(() => void appendFile(join(folder, 'data'), 'x'), 200)
  return async () => {
    clearInterval(timer)
    await rm(folder, { recursive: true })
  }
}

/** Programs that a collection has started, and that still run. */
const leftovers = (id: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        // The registry that a hook has started goes on.
        return environment.includes(`TALLYMAN_COLLECTION=${id}`) && !command.includes('serve')
      } catch {
        return false
      }
    })

test.for(['readOnlyOn', 'drain', 'collect', 'flushCache', 'readOnlyOff'] as const)(
  'killed during %s: what runs is ended, writes are let in, and somebody is told',
  async (phase) => {
    // It goes on by itself for long, if nobody ends it.
    if (phase !== 'drain') await registry.let(phase, 'slow', '60')
    const endUpload = phase === 'drain' ? await startEndlessUpload() : async () => {}
    const worker = await service.startWorker()
    const id = await api.begin()
    await api.inPhase(id, phase)
    if (phase !== 'drain')
      await eventually(
        () => registry.called(),
        (called) => called.at(-1) === phase,
      )
    await worker.stop('SIGKILL')
    await endUpload()
    if (phase !== 'drain') {
      expect(leftovers(id)).not.toEqual([])
      await registry.letAgain(phase, 'slow')
    }
    await service.startWorker()
    const ended = await api.ended(id)
    await isWritable()
    expect(ended.isHeld).toBe(false)
    // Who dies while letting writes in has done the rest.
    const isLate = phase === 'flushCache' || phase === 'readOnlyOff'
    expect(ended.outcome).toBe(isLate ? 'done' : 'interrupted')
    expect(leftovers(id)).toEqual([])
    const called = await registry.called()
    expect(called.at(-1)).toBe('readOnlyOff')
    // A collector that was called may have deleted something.
    expect(called.includes('flushCache')).toBe(called.includes('collect'))
    expect(existsSync(join(service.folder, 'store', 'collections-held', 'ci.json'))).toBe(false)
    if (!isLate) {
      const alert = await eventually(
        async () => (await api.alerts()).find(({ event }) => event === 'collection.failed'),
        (found) => found !== undefined,
      )
      expect(alert?.text).toContain('Tallyman died during')
    }
    // The next one finds all as it should be.
    expect(await api.ended(await api.begin())).toMatchObject({ outcome: 'done' })
  },
)

test('killed during the survey, it is over; nothing was touched', async () => {
  // A collector that nobody calls: the survey is quick, so the worker is killed while the run waits for an upload.
  await service.close()
  service = await makeService({
    redisUrl: redis.url,
    config: { registries: { ci: configOf(registry, { idle: '1h', patience: '1h' }) } },
  })
  await service.startApi()
  api = collectionApi(service.url)
  const answer = await fetch(`${registry.url}/v2/team/app/blobs/uploads/`, { method: 'POST' })
  await answer.body?.cancel()
  const worker = await service.startWorker()
  const id = await api.begin()
  await api.inPhase(id, 'check')
  await worker.stop('SIGKILL')
  await service.startWorker()
  expect(await api.ended(id)).toMatchObject({ outcome: 'interrupted', isHeld: false, freed: null })
  expect(await registry.called()).toEqual([])
})

test('Redis loses everything while the worker is dead: the store knows that the registry is held', async () => {
  await registry.let('collect', 'slow', '60')
  const worker = await service.startWorker()
  const id = await api.begin()
  await eventually(
    () => registry.called(),
    (called) => called.at(-1) === 'collect',
  )
  await worker.stop('SIGKILL')
  const client = new Redis(redis.url)
  await client.flushall()
  client.disconnect()
  await registry.letAgain('collect', 'slow')
  await service.startWorker()
  expect(await api.ended(id)).toMatchObject({ outcome: 'interrupted', isHeld: false })
  await isWritable()
  expect(await api.ended(await api.begin())).toMatchObject({ outcome: 'done', promised: GARBAGE })
})

test('asked to stop, it ends what runs and lets writes in before it ends', async () => {
  await registry.let('collect', 'slow', '60')
  const worker = await service.startWorker()
  const id = await api.begin()
  await eventually(
    () => registry.called(),
    (called) => called.at(-1) === 'collect',
  )
  await worker.stop('SIGTERM')
  expect(await api.get(id)).toMatchObject({ outcome: 'interrupted', isHeld: false })
  expect((await registry.called()).at(-1)).toBe('readOnlyOff')
  await isWritable()
})
