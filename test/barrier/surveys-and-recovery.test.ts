import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { digestOf, makeImage } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { gateBarrier } from '../../src/barrier/barrier.ts'
import { conductBarrier } from '../../src/barrier/conduct-barrier.ts'
import { makeGate } from '../../src/barrier/gate.ts'
import type { CollectionRun } from '../../src/collection/collection-run.ts'
import { makeCollector } from '../../src/collection/collector.ts'
import { makeLeases } from '../../src/collection/leases.ts'
import type { CollectionRuns } from '../../src/collection/runs.ts'
import { newRun } from '../../src/collection/runs.ts'
import { runAt } from '../../src/space/blob-trash.ts'
import { makeSurveys } from '../../src/space/surveys.ts'
import { blobKey } from '../../src/storage/layout.ts'
import { QUICK, type Scene, startScene } from './scene.ts'

/** Surveys, which empty the trash, beside collections. The trash keeps nothing here longer than it must. */
const lab = useRedis()
let scene: Scene
beforeAll(async () => {
  scene = await startScene(() => lab.redis)
})
afterAll(() => scene?.close())

const leasesOf = () =>
  makeLeases({ redis: lab.redis, prefix: 'test', clock: () => performance.now(), sleep: (ms) => sleep(ms) })

const survey = () =>
  makeSurveys({
    ...{ store: { get: async () => undefined, put: async () => {} }, now: Date.now },
    ...{ storageOf: () => scene.storage, projectIdOf: ({ repository }) => repository, trashMsOf: () => 0 },
    isCollecting: (registry) => leasesOf().isTaken(registry),
    maySegmentsGo: () => false,
  }).survey('lab')

const trashed = async () => (await Array.fromAsync(scene.trash.list())).map(({ digest }) => digest)

test('a survey beside a collection does not empty what that is about to take', async () => {
  const image = await scene.garbage('beside')
  const lease = await leasesOf().take('lab')
  await scene.collect(async (step) => {
    if (step === 'second-survey') await scene.letPass('a')
    if (step === 'close') await survey()
    if (step === 'take') expect(await scene.direct.putManifests('a', 'in-flight', image)).toBe(201)
  })
  await lease?.release()
  expect(await scene.direct.lacking('a', 'in-flight', image)).toEqual([])
})

test('what copies have left that were killed is emptied as well', async () => {
  const left = `tallyman-trash/${runAt(Date.now() - 1_000, 'killed')}/sha256/${'a'.repeat(64)}~copying`
  await mkdir(dirname(join(scene.registry.storage, left)), { recursive: true })
  await writeFile(join(scene.registry.storage, left), 'x')
  await survey()
  const keys = (await Array.fromAsync(scene.storage.list('tallyman-trash'))).map(({ key }) => key)
  expect(keys).not.toContain(left)
})

test('a recovered collection disarms the gate', async () => {
  const gate = makeGate({ redis: lab.redis, prefix: 'test' })
  const asked = { registry: 'lab', mode: 'barrier', dryRun: false, force: false, by: 'test' } as const
  const run = newRun(asked, Date.now())
  run.phases.push({ phase: 'survey', at: new Date().toISOString(), tookMs: null })
  await gate.arm('lab', 60_000)
  const deps = {
    ...{ barrier: gateBarrier(gate, 'lab', 60_000), settle: async () => {}, now: Date.now, clock: Date.now },
    context: { save: async () => {}, signal: new AbortController().signal },
  }
  await conductBarrier(run, deps as unknown as Parameters<typeof conductBarrier>[1])
  expect(run).toMatchObject({ phase: 'ended', outcome: 'interrupted' })
  await expect(gate.seen('lab')).rejects.toThrow('no longer remembers')
})

test('a run of which only the hold is known lets writes in, and collects nothing', async () => {
  const asked = { registry: 'lab', mode: 'barrier', dryRun: false, force: false, by: 'test' } as const
  const run = Object.assign(newRun(asked, Date.now()), { isHeld: true })
  let opened = 0
  const deps = {
    barrier: { open: async () => void opened++, disarm: async () => {} },
    ...{ settle: async () => {}, now: Date.now, clock: Date.now },
    problems: async () => {
      throw new Error('it begins anew')
    },
    context: { save: async () => {}, signal: new AbortController().signal },
  }
  await conductBarrier(run, deps as unknown as Parameters<typeof conductBarrier>[1])
  expect(opened).toBe(1)
  expect(run).toMatchObject({ phase: 'ended', isHeld: false, outcome: 'interrupted' })
})

test('a recovery that fails is done again', async () => {
  const asked = { registry: 'lab', mode: 'barrier', dryRun: false, force: false, by: 'test' } as const
  const left: CollectionRun = { ...newRun(asked, Date.now()), phase: 'take', hasCollected: true }
  left.phases.push({ phase: 'take', at: new Date().toISOString(), tookMs: null })
  const saved = new Map([[left.id, left]])
  let calls = 0
  const told: unknown[] = []
  const collector = makeCollector({
    runs: {
      get: async (_: string, id: string) => structuredClone(saved.get(id)),
      save: async (run: CollectionRun) => void saved.set(run.id, structuredClone(run)),
      holderOf: async () => undefined,
    } as unknown as CollectionRuns,
    ...{ leases: leasesOf(), place: '', closing: new AbortController().signal, now: Date.now },
    conductorOf: () => async (run, context) => {
      if (++calls === 1) throw new Error('the storage does not answer')
      await context.save(Object.assign(run, { phase: 'ended' }))
      return run
    },
    releaserOf: () => async (run) => run,
    onEnded: async ({ outcome, error }) => void told.push({ outcome, error }),
    log: { info() {}, warn() {}, error() {} } as unknown as Parameters<typeof makeCollector>[0]['log'],
  })
  const task = { asked, id: left.id, at: Date.now(), onPhase: async () => {}, stopOf: async () => undefined }
  await expect(collector.process(task)).rejects.toThrow('does not answer')
  await collector.process(task)
  await collector.process(task)
  expect(told).toEqual([{ outcome: 'interrupted', error: 'Tallyman died during take' }])
})

test('while a manifest cannot be read, the trash keeps all: that may name anything', async () => {
  const [gone, broken] = [await scene.garbage('gone'), makeImage({ layers: [], label: 'broken' })]
  await scene.collect()
  expect(await trashed()).toContain(gone.root.digest)
  expect(await scene.direct.push('b', 'broken', broken)).toBe(201)
  await rm(join(scene.registry.storage, blobKey(broken.root.digest)))
  await survey()
  expect(await trashed()).toContain(gone.root.digest)
  expect(await scene.direct.push('b', 'broken', broken)).toBe(201)
  await survey()
  expect(await trashed()).toEqual([])
})

test('a dry run writes nothing: it puts nothing back, and tries nothing that would', async () => {
  const image = await scene.garbage('dry')
  await scene.collect()
  // The image is there again, but for what the trash has.
  expect(await scene.direct.putManifests('a', 'dry', image)).toBe(400)
  await scene.garbage('more')
  const everything = async () =>
    (await Array.fromAsync(scene.storage.list(''))).map(({ key, size, modifiedAt }) => [
      key,
      size,
      modifiedAt,
    ])
  const before = await everything()
  const asked = { registry: 'lab', mode: 'barrier', dryRun: true, force: false, by: 'test' } as const
  const refuse = async () => {
    throw new Error('a dry run must not do this')
  }
  const run = await conductBarrier(newRun(asked, Date.now()), {
    ...{ storage: scene.storage, trash: scene.trash, folder: 'dry', now: Date.now, clock: Date.now },
    barrier: { arm: refuse, disarm: refuse, close: refuse, open: refuse, seen: refuse },
    ...{ survey: scene.survey, named: async () => new Set<string>(), pushedTo: async () => [] },
    ...{ settings: QUICK, problems: async () => [] },
    ...{ settle: refuse, requireForgetful: refuse, requireGate: refuse },
    context: {
      ...{ save: async () => {}, onPhase: async () => {}, lease: { requireOurs: async () => {} } },
      ...{ signal: new AbortController().signal, closing: new AbortController().signal },
    },
  })
  expect(run).toMatchObject({ outcome: 'planned', promised: { blobs: expect.any(Number) } })
  expect(run.promised?.blobs).toBeGreaterThan(0)
  expect(run.differences.at(-1)).toContain('is only tried when it runs')
  expect(await everything()).toEqual(before)
})

test('a stop ends the rest between two pauses', async () => {
  // More than are deleted at once.
  for (let n = 0; n < 900; n++) {
    const file = join(scene.registry.storage, blobKey(digestOf(Buffer.from(`garbage ${n}`))))
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `garbage ${n}`)
  }
  await sleep(2 * QUICK.clocksMs)
  const stop = new AbortController()
  let aheadMs = 0
  const storage = {
    ...scene.storage,
    async delete(keys: readonly string[]) {
      await scene.storage.delete(keys)
      // A store that is slow: not all fits into one pause.
      aheadMs += 10_100
    },
  }
  const { pausesMs, moved, promised } = await scene.collect(
    async (step) => {
      if (step === 'open') setTimeout(() => stop.abort(), 50)
    },
    { pauseMs: 10_000, restMs: 2 ** 30 },
    { storage, stop: stop.signal, clock: () => performance.now() + aheadMs },
  )
  expect(pausesMs).toHaveLength(1)
  expect(moved.blobs).toBeGreaterThan(0)
  expect(moved.blobs).toBeLessThan(promised.blobs)
})
