import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Fault } from '../../lab/faulty-registry.ts'
import { makeImage } from '../../lab/image.ts'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import { imageOf, indexOf, uploads, useCopyBed } from './copy-bed.ts'

const bed = useCopyBed()

const isUpload = ({ method, path }: { method: string; path: string }) =>
  (method === 'PUT' || method === 'PATCH') && path.includes('/blobs/uploads/')

/** No manifest may be there without all that it lists. */
async function expectNothingHalf(image: ReturnType<typeof indexOf>, to: string): Promise<void> {
  for (const [digest] of image.manifests) {
    const found = await bed.target.getManifest(to, digest)
    if (found === undefined) continue
    const { manifests = [], config, layers = [] } = JSON.parse(found.bytes.toString())
    for (const child of manifests) expect(await bed.target.headManifest(to, child.digest)).toBeDefined()
    for (const blob of [...(config ? [config] : []), ...layers])
      expect(await bed.target.readsBlob(to, blob.digest)).toBe(true)
  }
}

describe('a copy that fails leaves nothing half, and the next one sends only what is missing', () => {
  const faults: [string, Fault, object][] = [
    ['answers 500', 500, { status: 500, retry: true }],
    ['answers 429 for too long', { status: 429, retryAfter: 3600 }, { status: 429, retry: true }],
    ['answers 401', 401, { status: 401, retry: false }],
    ['is full', 507, { status: 507, retry: true }],
    ['drops the connection', 'drop', { status: undefined, retry: true }],
  ]
  test.each(faults)('the target %s to all blobs but one', async (_, fault, error) => {
    const { to, seed } = bed.fresh()
    const index = await bed.pushed(indexOf(seed))
    let passed: string | undefined
    bed.production.onRequest((request) => {
      if (!isUpload(request)) return undefined
      passed ??= request.path
      return request.path === passed ? undefined : fault
    })
    await expect(bed.copy(index.root.digest, to)).rejects.toMatchObject({ name: 'RegistryError', ...error })
    bed.production.reset()
    await expectNothingHalf(index, to)
    expect(await bed.target.headManifest(to, index.root.digest)).toBeUndefined()
    const again = await bed.copy(index.root.digest, to)
    expect(again.blobs.sent.count).toBe(index.blobs.size - 1)
    expect(again.blobs.present.count).toBe(1)
    await bed.expectWhole(index, to)
  })

  test.each<[string, Fault]>([
    ['answers 500', 500],
    ['answers 401', 401],
    ['drops the connection', 'drop'],
    ['stores the manifest, and its answer is lost', 'drop answer'],
  ])('the target %s to the manifest of the index', async (_, fault) => {
    const { to, seed } = bed.fresh()
    const index = await bed.pushed(indexOf(seed))
    bed.production.onRequest(({ method, path }) =>
      method === 'PUT' && path.endsWith(index.root.digest) ? fault : undefined,
    )
    await expect(bed.copy(index.root.digest, to)).rejects.toMatchObject({ name: 'RegistryError' })
    bed.production.reset()
    await expectNothingHalf(index, to)
    expect((await bed.copy(index.root.digest, to)).blobs.sent.count).toBe(0)
    await bed.expectWhole(index, to)
  })

  test('the source breaks off within each blob, again and again', async () => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    bed.ci.onRequest(({ method, path }) =>
      method === 'GET' && path.includes('/blobs/') ? 'cut answer' : undefined,
    )
    await expect(bed.copy(image.root.digest, to)).rejects.toMatchObject({
      name: 'RegistryError',
      retry: true,
    })
    bed.ci.reset()
    await expectNothingHalf(image, to)
    for (const digest of image.blobs.keys()) expect(await bed.target.headBlob(to, digest)).toBeUndefined()
    await bed.copy(image.root.digest, to)
    await bed.expectWhole(image, to)
  })

  test('the source loses its blobs half-way', async () => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    let read = 0
    bed.ci.onRequest(({ path }) => (path.includes('/blobs/') && ++read > 1 ? 404 : undefined))
    await expect(bed.copy(image.root.digest, to)).rejects.toMatchObject({ code: 'absent', retry: false })
    await expectNothingHalf(image, to)
    bed.ci.reset()
    expect((await bed.copy(image.root.digest, to)).blobs.present.count).toBe(1)
  })
})

test('a source that breaks off once is read on from there', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(imageOf(seed))
  const cut = new Set<string>()
  bed.ci.onRequest(({ method, path }) => {
    if (method !== 'GET' || !path.includes('/blobs/') || cut.has(path)) return undefined
    cut.add(path)
    return 'cut answer'
  })
  await bed.copy(image.root.digest, to)
  expect(cut.size).toBe(image.blobs.size)
  await bed.expectWhole(image, to)
})

test('a copy that is aborted ends with the reason, in the middle of a blob', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(makeImage({ layers: [{ seed, bytes: 4_000_000 }] }))
  const controller = new AbortController()
  const reason = new Error('the service stops')
  const copying = bed.copy(image.root.digest, to, {
    signal: controller.signal,
    onProgress: ({ bytes }) => bytes > 1_000_000 && controller.abort(reason),
  })
  await expect(copying).rejects.toBe(reason)
  await expectNothingHalf(image, to)
  await bed.copy(image.root.digest, to)
  await bed.expectWhole(image, to)
})

test('ten images that share layers, copied at once into repositories of their own, send each layer once', async () => {
  const { to, seed } = bed.fresh()
  const shared = Array.from({ length: 3 }, (_, n) => ({ seed: `${seed} shared ${n}`, bytes: 50_000 }))
  const images = Array.from({ length: 10 }, (_, n) =>
    makeImage({ layers: [...shared, { seed: `${seed} own ${n}`, bytes: 5_000 }], label: `${n}` }),
  )
  for (const image of images) await bed.pushed(image)
  const { copyImage } = makeCopier()
  await Promise.all(images.map((image, n) => copyImage(bed.request(image.root.digest, `${to}/${n}`))))
  const sent = uploads(bed.production).map(decodeURIComponent)
  expect(sent.sort()).toEqual([...new Set(images.flatMap((image) => [...image.blobs.keys()]))].sort())
  for (const [n, image] of images.entries()) await bed.expectWhole(image, `${to}/${n}`)
})

test('if the copy that sends a layer is aborted, the one that waits for it sends it', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(makeImage({ layers: [{ seed, bytes: 4_000_000 }] }))
  const { copyImage } = makeCopier()
  const controller = new AbortController()
  const began = Promise.withResolvers<void>()
  const first = copyImage(
    bed.request(image.root.digest, to, {
      signal: controller.signal,
      onProgress: ({ bytes }) => bytes > 1_000_000 && began.resolve(),
    }),
  )
  await began.promise
  const second = copyImage(bed.request(image.root.digest, to))
  await sleep(20)
  controller.abort(new Error('the job was lost'))
  await expect(first).rejects.toThrow('the job was lost')
  await second
  await bed.expectWhole(image, to)
})
