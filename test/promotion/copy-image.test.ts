import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import {
  digestOf,
  type LabImage,
  makeBuildKitCache,
  makeImage,
  makeIndex,
  OCI_INDEX,
} from '../../lab/image.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import { copyImage } from '../../src/promotion/copy-image.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { DOCKER_MANIFEST } from '../../src/registry/manifest.ts'

/** Copies between two real registries that can fail. */
let ci: FaultyRegistry
let production: FaultyRegistry
let source: RegistryClient
let target: RegistryClient

beforeAll(async () => {
  const extra = 'validation: {manifests: {urls: {allow: ["^https://example.org/"]}}}\n'
  ;[ci, production] = await Promise.all([startFaultyRegistry({ extra }), startFaultyRegistry({ extra })])
  source = makeRegistryClient({ name: 'ci', url: ci.url })
  target = makeRegistryClient({ name: 'production', url: production.url })
})
beforeEach(() => {
  ci.reset()
  production.reset()
})
afterAll(async () => {
  await Promise.all([source?.close(), target?.close()])
  await Promise.all([ci?.close(), production?.close()])
})

const FROM = 'team/app'
let tests = 0
/** A target repository and a seed for contents that no other test uses. */
const fresh = () => {
  tests += 1
  return { to: `released/app${tests}`, seed: `seed ${tests}` }
}

const imageOf = (seed: string, architecture = 'amd64') =>
  makeImage({
    layers: [
      { seed: `${seed} base`, bytes: 40_000 },
      { seed: `${seed} ${architecture}`, bytes: 20_000 },
    ],
    architecture,
    label: seed,
  })
const indexOf = (seed: string) =>
  makeIndex([
    { image: imageOf(seed), architecture: 'amd64' },
    { image: imageOf(seed, 'arm64'), architecture: 'arm64' },
  ])

const bytesOf = (image: LabImage) => [...image.blobs.values()].reduce((sum, { length }) => sum + length, 0)

async function pushed(image: LabImage): Promise<LabImage> {
  await pushImage(source, FROM, `t${tests}`, image)
  ci.reset()
  return image
}

const copy = (image: LabImage, to: string, tag = 'v1') =>
  copyImage({ client: source, repository: FROM }, { client: target, repository: to }, image.root.digest, {
    tag,
    sameRegistry: false,
  })

const puts = (registry: FaultyRegistry) =>
  registry.requests.filter((line) => line.startsWith('PUT') && line.includes('/manifests/'))
const uploads = (registry: FaultyRegistry) =>
  registry.requests.filter((line) => line.startsWith('PUT') && line.includes('/blobs/uploads/'))

async function expectWhole(image: LabImage, to: string): Promise<void> {
  expect((await target.headManifest(to, 'v1'))?.digest).toBe(image.root.digest)
  for (const [digest, { bytes }] of image.manifests)
    expect((await target.getManifest(to, digest))?.bytes).toEqual(bytes)
  for (const [digest, bytes] of image.blobs)
    expect((await target.headBlob(to, digest))?.size).toBe(bytes.length)
}

describe('a copy', () => {
  test('writes children by digest before their index, and the tag last and once', async () => {
    const { to, seed } = fresh()
    const index = await pushed(indexOf(seed))
    const children = [...index.manifests.keys()].filter((digest) => digest !== index.root.digest)
    const copied = await copy(index, to)
    expect(copied.manifests).toEqual([...children, index.root.digest])
    expect(puts(production)).toEqual([
      ...children.map((digest) => `PUT /v2/${to}/manifests/${digest}`),
      `PUT /v2/${to}/manifests/v1`,
    ])
    await expectWhole(index, to)
  })

  test('writes a child once, however often indexes list it', async () => {
    const { to, seed } = fresh()
    const image = imageOf(seed)
    const twice = (one: LabImage) =>
      makeIndex([
        { image: one, architecture: 'amd64' },
        { image: one, architecture: 'arm64' },
      ])
    const nested = await pushed(twice(twice(twice(image))))
    const copied = await copy(nested, to)
    expect(copied.manifests).toHaveLength(4)
    expect(puts(production)).toHaveLength(4)
    await expectWhole(nested, to)
  })

  test('counts the blobs that it sends, their bytes, and the blobs that the target has', async () => {
    const { to, seed } = fresh()
    const index = await pushed(indexOf(seed))
    const copied = await copy(index, to)
    // The base layer is in both children: it is sent with the first.
    expect(copied.blobs).toEqual({ sent: index.blobs.size, mounted: 0, present: 1 })
    expect(production.requests.filter((line) => line.includes('mount='))).toEqual([])
    expect(copied.bytes).toBe(bytesOf(index))
  })

  test('that runs twice sends no blob the second time', async () => {
    const { to, seed } = fresh()
    const image = await pushed(imageOf(seed))
    await copy(image, to)
    production.reset()
    const again = await copy(image, to)
    expect(again.blobs).toEqual({ sent: 0, mounted: 0, present: image.blobs.size })
    expect(again.bytes).toBe(0)
    expect(production.requests.filter((line) => line.startsWith('POST'))).toEqual([])
    await expectWhole(image, to)
  })

  test('reads the image by its digest, so a tag that moves meanwhile does not matter', async () => {
    const { to, seed } = fresh()
    const image = await pushed(imageOf(seed))
    await pushed(imageOf(`${seed}, younger`))
    await copy(image, to)
    await expectWhole(image, to)
    expect(ci.requests.filter((line) => line.includes('/manifests/t'))).toEqual([])
  })

  test('includes the layers of a BuildKit cache', async () => {
    const { to, seed } = fresh()
    const cache = await pushed(makeBuildKitCache([{ seed, bytes: 5_000 }]))
    await copy(cache, to)
    await expectWhole(cache, to)
  })

  test('leaves out layers that are stored elsewhere', async () => {
    const { to, seed } = fresh()
    const config = Buffer.from(JSON.stringify({ seed }))
    await upload(source, FROM, config)
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: DOCKER_MANIFEST,
        config: {
          mediaType: 'application/vnd.docker.container.image.v1+json',
          digest: digestOf(config),
          size: config.length,
        },
        layers: [
          {
            mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
            digest: digestOf(Buffer.from('elsewhere')),
            size: 9,
            urls: ['https://example.org/layer'],
          },
        ],
      }),
    )
    const digest = await source.putManifest(FROM, 'windows', bytes, DOCKER_MANIFEST)
    const copied = await copyImage(
      { client: source, repository: FROM },
      { client: target, repository: to },
      digest,
      { tag: 'v1', sameRegistry: false },
    )
    expect(copied.blobs).toEqual({ sent: 1, mounted: 0, present: 0 })
    expect((await target.headManifest(to, 'v1'))?.digest).toBe(digest)
  })
})

describe('within one registry', () => {
  const within = (image: LabImage, to: string) =>
    copyImage({ client: source, repository: FROM }, { client: source, repository: to }, image.root.digest, {
      tag: 'v1',
      sameRegistry: true,
    })

  test('blobs are mounted and none is read', async () => {
    const { to, seed } = fresh()
    const image = await pushed(imageOf(seed))
    const copied = await within(image, to)
    expect(copied.blobs).toEqual({ sent: 0, mounted: image.blobs.size, present: 0 })
    expect(copied.bytes).toBe(0)
    expect(ci.requests.filter((line) => line.startsWith('GET') && line.includes('/blobs/'))).toEqual([])
    expect((await source.headManifest(to, 'v1'))?.digest).toBe(image.root.digest)
  })

  test('a registry that does not mount gets the blob through the upload that it opened', async () => {
    const { to, seed } = fresh()
    const image = await pushed(imageOf(seed))
    // Distribution opens an upload if the blob to mount is not in the named repository.
    const client: RegistryClient = {
      ...source,
      mountBlob: (repository, digest) => source.mountBlob(repository, digest, 'not/there'),
    }
    const copied = await copyImage(
      { client: source, repository: FROM },
      { client, repository: to },
      image.root.digest,
      { tag: 'v1', sameRegistry: true },
    )
    expect(copied.blobs).toEqual({ sent: image.blobs.size, mounted: 0, present: 0 })
    expect(copied.bytes).toBe(bytesOf(image))
    expect(ci.requests.filter((line) => line.startsWith('POST'))).toHaveLength(image.blobs.size)
    expect((await source.headManifest(to, 'v1'))?.digest).toBe(image.root.digest)
  })
})

describe('a copy that fails leaves no tag, and the next one sends only what is missing', () => {
  test.each([
    ['answers 500', 500, { status: 500, retry: true }],
    ['answers 401', 401, { status: 401, retry: false }],
    ['drops the connection', 'drop', { status: undefined, retry: true }],
  ] as const)('the target %s to the second blob', async (_, fault, error) => {
    const { to, seed } = fresh()
    const image = await pushed(imageOf(seed))
    production.onRequest(({ method }) =>
      method === 'PUT' && uploads(production).length > 1 ? fault : undefined,
    )
    await expect(copy(image, to)).rejects.toMatchObject({ name: 'RegistryError', ...error })
    production.reset()
    expect(await target.headManifest(to, 'v1')).toBeUndefined()
    expect((await copy(image, to)).blobs).toEqual({ sent: 2, mounted: 0, present: 1 })
    await expectWhole(image, to)
  })

  test.each([
    ['answers 500', 500],
    ['answers 401', 401],
    ['drops the connection', 'drop'],
  ] as const)('the target %s to the manifest', async (_, fault) => {
    const { to, seed } = fresh()
    const index = await pushed(indexOf(seed))
    production.onRequest(({ path }) => (path.endsWith('/manifests/v1') ? fault : undefined))
    await expect(copy(index, to)).rejects.toMatchObject({ name: 'RegistryError' })
    production.reset()
    expect(await target.headManifest(to, 'v1')).toBeUndefined()
    const again = await copy(index, to)
    expect(again.blobs.sent).toBe(0)
    await expectWhole(index, to)
  })

  test('the source breaks off within a blob', async () => {
    const { to, seed } = fresh()
    const image = await pushed(imageOf(seed))
    ci.onRequest(({ method, path }) =>
      method === 'GET' && path.includes('/blobs/') ? 'cut answer' : undefined,
    )
    await expect(copy(image, to)).rejects.toMatchObject({ name: 'RegistryError' })
    ci.reset()
    expect(await target.headManifest(to, 'v1')).toBeUndefined()
    for (const digest of image.blobs.keys()) expect(await target.headBlob(to, digest)).toBeUndefined()
    await copy(image, to)
    await expectWhole(image, to)
  })

  test('the source no longer has a child', async () => {
    const { to, seed } = fresh()
    const index = await pushed(indexOf(seed))
    const [child = ''] = index.manifests.keys()
    ci.onRequest(({ path }) => (path.endsWith(child) ? 404 : undefined))
    await expect(copy(index, to)).rejects.toThrow(`${FROM}@${child} is no longer in its registry`)
    expect(puts(production)).toEqual([])
  })

  test('the source no longer has the image', async () => {
    const { to, seed } = fresh()
    await expect(copy(imageOf(seed), to)).rejects.toThrow('is no longer in its registry')
    expect(production.requests).toEqual([])
  })

  test('the source has a broken manifest', async () => {
    const { to } = fresh()
    const bytes = Buffer.from('{"schemaVersion":2,"manifests":7}')
    const client: RegistryClient = {
      ...source,
      getManifest: async () => ({
        bytes,
        descriptor: { mediaType: OCI_INDEX, digest: digestOf(bytes), size: bytes.length },
      }),
    }
    const copying = copyImage(
      { client, repository: FROM },
      { client: target, repository: to },
      digestOf(bytes),
      { tag: 'v1', sameRegistry: false },
    )
    await expect(copying).rejects.toMatchObject({ name: 'InvalidManifest' })
    expect(production.requests).toEqual([])
  })

  test('the target stores blobs and the manifest, and its answers are lost', async () => {
    const { to, seed } = fresh()
    const image = await pushed(imageOf(seed))
    production.onRequest(({ method }) => (method === 'PUT' ? 'drop answer' : undefined))
    await expect(copy(image, to)).rejects.toMatchObject({ name: 'RegistryError' })
    production.reset()
    // Only the manifest is missing: each blob was found to be there after its answer was lost.
    expect((await copy(image, to)).blobs).toEqual({ sent: 0, mounted: 0, present: 3 })
    await expectWhole(image, to)
  })
})
