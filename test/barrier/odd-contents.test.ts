import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage, OCI_MANIFEST } from '../../lab/image.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { surveySettled } from '../../src/space/settle.ts'
import { blobKey } from '../../src/storage/layout.ts'
import { QUICK, type Scene, startScene } from './scene.ts'

/** Contents and names that are rare, and that a registry takes. Nothing of them may go. */
const lab = useRedis()
let scene: Scene
beforeAll(async () => {
  scene = await startScene(() => lab.redis)
})
afterAll(() => scene?.close())

// The first part of a name may be a host, for a registry (distribution, reference/regexp.go).
test.each([
  'Team/app',
  'registry.example.com/app',
  'a/blobs/b',
  'x/manifests',
  'a/blobs/uploads',
  'uploads/blobs',
])('an image of the repository %s stays whole', async (repository) => {
  const image = makeImage({ layers: [{ seed: repository, bytes: 2_000 }], label: repository })
  expect(await scene.direct.push(repository, 'v1', image)).toBe(201)
  await sleep(2 * QUICK.clocksMs)
  await scene.collect()
  expect(await scene.direct.lacking(repository, 'v1', image)).toEqual([])
})

async function putManifest(repository: string, reference: string, type: string, body: object) {
  const init = { method: 'PUT', headers: { 'content-type': type }, body: JSON.stringify(body) }
  return (await fetch(`${scene.registry.url}/v2/${repository}/manifests/${reference}`, init)).status
}

const part = (bytes: Buffer, algorithm: 'sha256' | 'sha512' = 'sha256') => ({
  mediaType: 'application/octet-stream',
  digest: hashOf(bytes, algorithm),
  size: bytes.length,
})

test('what a manifest names by keys in capitals, which the registry reads, too', async () => {
  const [config, layer] = [Buffer.from('{"n":1}'), Buffer.from('a layer by a key in capitals')]
  for (const bytes of [config, layer]) expect(await scene.direct.upload('c', bytes)).toBe(201)
  const body = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: part(config), Layers: [part(layer)] }
  expect(await putManifest('c', 'capitals', OCI_MANIFEST, body)).toBe(201)
  await sleep(2 * QUICK.clocksMs)
  await scene.collect()
  expect(await scene.direct.has('c', hashOf(layer))).toBe(true)
})

test('what a manifest names by its SHA-512, in two repositories of which one has the link no more', async () => {
  const [config, layer] = [Buffer.from('{"n":2}'), Buffer.from('a layer by its SHA-512')]
  const body = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: part(config),
    layers: [part(layer, 'sha512')],
  }
  for (const repository of ['d', 'e']) {
    expect(await scene.direct.upload(repository, config)).toBe(201)
    const at = await scene.direct.begin(repository)
    at.searchParams.set('digest', hashOf(layer, 'sha512'))
    const { status } = await fetch(at, { method: 'PUT', body: new Uint8Array(layer) })
    expect(status).toBe(201)
    expect(await putManifest(repository, 'long', OCI_MANIFEST, body)).toBe(201)
  }
  const gone = await fetch(`${scene.registry.url}/v2/e/blobs/${hashOf(layer, 'sha512')}`, {
    method: 'DELETE',
  })
  expect(gone.status).toBe(202)
  await sleep(2 * QUICK.clocksMs)
  await scene.collect()
  expect(await scene.direct.has('d', hashOf(layer, 'sha512'))).toBe(true)
})

test('a backup by hard links beside the registry keeps nothing from being collected', async () => {
  const layer = Buffer.from('garbage that a backup has, too')
  expect(await scene.direct.upload('g', layer)).toBe(201)
  await scene.storage.copy(blobKey(hashOf(layer)), 'backup/data')
  await sleep(2 * QUICK.clocksMs)
  await scene.collect()
  expect(await scene.direct.has('g', hashOf(layer))).toBe(false)
})

test('what has urls, and was taken although a manifest names it, is put back by the next survey', async () => {
  const [config, layer] = [Buffer.from('{"n":3}'), Buffer.from('a foreign layer that was pushed')]
  for (const bytes of [config, layer]) expect(await scene.direct.upload('f', bytes)).toBe(201)
  await sleep(2 * QUICK.clocksMs)
  await scene.collect()
  expect(await scene.direct.has('f', hashOf(layer))).toBe(false)
  expect(await scene.direct.upload('f', config)).toBe(201)
  // Registries do not look whether such a layer is there.
  const foreign = { ...part(layer), urls: ['https://example.com/layer'] }
  const body = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: part(config), layers: [foreign] }
  expect(await putManifest('f', 'foreign', OCI_MANIFEST, body)).toBe(201)
  await surveySettled(scene.trash, scene.survey)
  expect(await scene.direct.has('f', hashOf(layer))).toBe(true)
})
