import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type HookedRegistry, startHookedRegistry } from '../../lab/hooked-registry.ts'
import { type LabTallyman, startTallyman } from '../../lab/tallyman.ts'
import { makeFolderStorage } from '../../src/storage/folder-storage.ts'
import { collectionApi, configOf, fillWithGarbage, GARBAGE } from '../collection/collection-bed.ts'

/** A collection behind the barrier, where hooks hold pushes back: no proxy sees the requests. */
let registry: HookedRegistry
let service: LabTallyman
let api: ReturnType<typeof collectionApi>
beforeAll(async () => {
  registry = await startHookedRegistry()
  service = await startTallyman({
    registries: { ci: configOf(registry, { barrier: { hold: 'hooks', minAge: '1m' } }) },
  })
  api = collectionApi(await service.app.listen({ port: 0, host: '127.0.0.1' }))
})
afterAll(async () => {
  await service?.close()
  await registry?.close()
})
beforeEach(async () => {
  await fillWithGarbage(registry)
  const before = new Date(Date.now() - 7_200_000)
  for await (const { key } of makeFolderStorage({ path: registry.storage }).list('docker'))
    await utimes(join(registry.storage, key), before, before)
})

test('the garbage goes to the trash, and the registry takes pushes again', async () => {
  const run = await api.ended(await api.begin())
  expect(run).toMatchObject({ mode: 'barrier', outcome: 'done', promised: GARBAGE, freed: GARBAGE })
  expect(run.pauseMs).toBeGreaterThan(0)
  expect(await registry.takesPushes()).toBe(true)
})

test('if the registry cannot be made read-only, nothing is taken, and it takes pushes', async () => {
  await registry.let('readOnlyOn', 'fail')
  const run = await api.ended(await api.begin())
  await registry.letAgain('readOnlyOn', 'fail')
  expect(run).toMatchObject({ mode: 'barrier', outcome: 'failed', isHeld: false })
  expect(run.error).toContain('status 3')
  expect(await registry.takesPushes()).toBe(true)
  // What waited is collected by the next one.
  expect(await api.ended(await api.begin())).toMatchObject({ outcome: 'done', promised: GARBAGE })
})
