import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { startRegistry } from '../../lab/registry.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { makeSurveys } from '../../src/space/surveys.ts'
import { makeFolderStorage } from '../../src/storage/folder-storage.ts'
import { blobKey } from '../../src/storage/layout.ts'

test('a survey tells of missing blobs once, and again if more are missing', async () => {
  const registry = await startRegistry()
  const client = makeRegistryClient({ name: 'ci', url: registry.url })
  onTestFinished(async () => {
    await client.close()
    await registry.close()
  })
  const image = makeImage({ layers: [{ seed: 'missing', bytes: 2_000 }], label: 'x' })
  await pushImage(client, 'a/x', 'v1', image)
  const kept = new Map<string, string>()
  const told: [string, number][] = []
  const { survey } = makeSurveys({
    store: {
      get: async (key) => (kept.has(key) ? Buffer.from(kept.get(key) ?? '') : undefined),
      put: async (key, body) => void kept.set(key, String(body)),
    },
    ...{
      now: Date.now,
      storageOf: () => makeFolderStorage({ path: registry.storage }),
      trashMsOf: () => 1e12,
    },
    ...{
      projectIdOf: ({ repository }) => repository,
      maySegmentsGo: () => false,
      isCollecting: async () => false,
    },
    onMissing: async (...one) => told.push(one),
  })
  await survey('ci')
  expect(told).toEqual([])
  const [layer = '', config = ''] = [...image.blobs.keys()]
  await rm(join(registry.storage, blobKey(layer)))
  await survey('ci')
  await survey('ci')
  expect(told).toEqual([['ci', 1]])
  await rm(join(registry.storage, blobKey(config)))
  await survey('ci')
  expect(told).toEqual([
    ['ci', 1],
    ['ci', 2],
  ])
})
