import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HookedRegistry } from '../../lab/hooked-registry.ts'
import { eventually, type LabTallyman, startTallyman } from '../../lab/tallyman.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { tallyman } from '../cli/cli-bed.ts'
import {
  collectionApi,
  configOf,
  fillWithGarbage,
  GARBAGE,
  startHookedRegistry,
  watchPushes,
} from './collection-bed.ts'

/** Collections of a real docker-registry, whose hooks start it again as read-only and run its own collector. */
let registry: HookedRegistry
let service: LabTallyman
let api: ReturnType<typeof collectionApi>
let url: string

async function start(gc: object = {}) {
  service = await startTallyman({ registries: { ci: configOf(registry, gc) } })
  url = await service.app.listen({ port: 0, host: '127.0.0.1' })
  api = collectionApi(url)
}

beforeEach(async () => {
  registry = await startHookedRegistry()
  await fillWithGarbage(registry)
})
afterEach(async () => {
  await service?.close()
  await registry?.close()
})

const isWritable = () =>
  eventually(
    () => registry.takesPushes(),
    (takes) => takes === true,
  )

const run = (...argv: string[]) =>
  tallyman({ TALLYMAN_CONFIG: join(service.folder, 'tallyman.yaml') }, ...argv, '--url', url)

test('frees what it promised, with a pause that is no longer than it says, and lets writes in again', async () => {
  await start()
  await service.reconcile('ci')
  const seen = watchPushes(registry)
  const { status, out, err } = await run('gc', 'run', 'ci', '--output', 'json')
  const pause = await seen()
  expect(status, err).toBe(0)
  const ended = JSON.parse(out)
  expect(ended).toMatchObject({ outcome: 'done', promised: GARBAGE, freed: GARBAGE, differences: [] })
  expect(ended).toMatchObject({ error: null, isHeld: false, problems: [] })
  expect(await registry.called()).toEqual(['readOnlyOn', 'collect', 'flushCache', 'readOnlyOff'])
  // Pushes are refused for a part of what it says, and never for longer.
  expect(pause).toBeGreaterThan(0)
  expect(ended.pauseMs).toBeGreaterThanOrEqual(pause)
  await isWritable()
  // What stays can be read, whole.
  const client = makeRegistryClient({ name: 'ci', url: registry.url })
  const { manifest } = await client.getManifest('team/app', 'v1').then((found) => ({ manifest: found }))
  expect(manifest).toBeDefined()
  await client.close()

  expect((await run('gc', 'status', 'ci', ended.id)).out).toContain('a collection of garbage is done')
  // What came of it is noted once the record has ended.
  const advice = await eventually(
    async () => JSON.parse((await run('gc', 'advise', 'ci', '--output', 'json')).out),
    ({ lastCollection }) => lastCollection !== null,
  )
  expect(advice).toMatchObject({
    pays: false,
    collectable: { blobs: 0, bytes: 0 },
    lastCollection: { seen: 'run', freed: GARBAGE.bytes, pauseMs: ended.pauseMs },
  })
  const events = await eventually(
    async () => (await api.alerts()).map(({ event }) => event),
    (all) => all.includes('collection.done'),
  )
  expect(events).toContain('collection.done')
  expect(events).toContain('collection.advised')
})

test('a dry run looks and touches nothing', async () => {
  await start()
  const ended = await api.ended(await api.begin({ dryRun: true }))
  expect(ended).toMatchObject({ outcome: 'planned', promised: GARBAGE, freed: null, pauseMs: null })
  expect(await registry.called()).toEqual([])
})

test('is refused while somebody pushes, and runs with force', async () => {
  await start({ idle: '1h', patience: '1ms' })
  const answer = await fetch(`${registry.url}/v2/team/app/blobs/uploads/`, { method: 'POST' })
  await answer.body?.cancel()
  const refused = await api.ended(await api.begin())
  expect(refused).toMatchObject({ outcome: 'refused', pauseMs: null })
  expect(refused.problems[0]).toContain('1 upload is in progress, in team/app')
  expect(await registry.called()).toEqual([])
  const forced = await api.ended(await api.begin({ force: true }))
  expect(forced).toMatchObject({ outcome: 'done', freed: GARBAGE })
})

test('waits for an upload to end before it begins', async () => {
  await start({ idle: '2s', patience: '1h' })
  const answer = await fetch(`${registry.url}/v2/team/app/blobs/uploads/`, { method: 'POST' })
  await answer.body?.cancel()
  const id = await api.begin()
  await api.inPhase(id, 'check')
  expect(await registry.called()).toEqual([])
  // It is abandoned: nothing of it is written for 2 s.
  expect(await api.ended(id)).toMatchObject({ outcome: 'done', problems: [] })
})

test.for([
  ['readOnlyOn', ['readOnlyOn', 'readOnlyOff']],
  ['collect', ['readOnlyOn', 'collect', 'flushCache', 'readOnlyOff']],
  ['flushCache', ['readOnlyOn', 'collect', ...Array(3).fill('flushCache'), 'readOnlyOff']],
] as const)('if %s fails, the registry takes writes again', async ([hook, called]) => {
  await start()
  await registry.let(hook, 'fail')
  const ended = await api.ended(await api.begin())
  expect(ended).toMatchObject({ outcome: 'failed', isHeld: false })
  expect(ended.error).toMatch(new RegExp(`^${hook}: .*ended with the status 3`))
  expect(ended.phases.find(({ phase }) => phase === hook)?.output).toContain('fails, as it was told')
  expect(await registry.called()).toEqual(called)
  await isWritable()
  // It is told once the record has ended.
  const failed = await eventually(
    async () => (await api.alerts()).find(({ event }) => event === 'collection.failed'),
    (found) => found !== undefined,
  )
  expect(failed?.text).toContain('The registry takes writes.')
})

test('if writes cannot be let in, somebody is told at once, and it is tried until it succeeds', async () => {
  await start()
  await registry.let('readOnlyOff', 'fail')
  const id = await api.begin()
  const held = await eventually(
    async () => (await api.alerts()).find(({ event }) => event === 'collection.held'),
    (alert) => alert !== undefined,
  )
  expect(held?.text).toContain('ci is READ-ONLY')
  expect(await api.get(id)).toMatchObject({ outcome: null, isHeld: true })
  await registry.letAgain('readOnlyOff', 'fail')
  expect(await api.ended(id)).toMatchObject({ outcome: 'done', isHeld: false, freed: GARBAGE })
  await isWritable()
  await eventually(
    async () => (await api.alerts()).map(({ event }) => event),
    (all) => all.includes('collection.released'),
  )
})

test('a collector that hangs is ended once the pause is as long as it may be', async () => {
  await start({ maxPause: '15s' })
  await registry.let('collect', 'hang')
  const ended = await api.ended(await api.begin())
  expect(ended).toMatchObject({ outcome: 'failed', error: 'collect: the pause has reached maxPause' })
  expect(await registry.called()).toEqual(['readOnlyOn', 'collect', 'flushCache', 'readOnlyOff'])
  await isWritable()
})

test.for(['readOnlyOn', 'drain', 'collect', 'flushCache', 'readOnlyOff'] as const)(
  'stopped during %s, it lets writes in',
  async (phase) => {
    await start()
    if (phase !== 'drain') await registry.let(phase, 'slow', '3')
    const id = await api.begin()
    await api.inPhase(id, phase)
    expect((await api.stop()).stopped).toEqual([id])
    const ended = await api.ended(id)
    // What is done is done: nothing stops what lets writes in.
    const isLate = phase === 'flushCache' || phase === 'readOnlyOff'
    expect(ended).toMatchObject({ outcome: isLate ? 'done' : 'stopped', isHeld: false })
    expect((await registry.called()).at(-1)).toBe('readOnlyOff')
    await isWritable()
  },
)

test('a second one is refused while one is under way', async () => {
  await start()
  await registry.let('collect', 'slow', '3')
  const id = await api.begin()
  await api.inPhase(id, 'collect')
  await expect(api.begin()).rejects.toThrow('409')
  expect(await api.ended(id)).toMatchObject({ outcome: 'done' })
})
