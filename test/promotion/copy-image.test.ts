import { describe, expect, test } from 'vitest'
import { digestOf, type LabImage, makeIndex, OCI_INDEX } from '../../lab/image.ts'
import { skopeoCopyAll } from '../../lab/skopeo.ts'
import { makeCopier } from '../../src/promotion/copy/copy-image.ts'
import type { CopyProgress } from '../../src/promotion/copy/progress.ts'
import { readBack, writeTag } from '../../src/promotion/copy/write-tag.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { bytesOf, FROM, imageOf, indexOf, puts, uploads, useCopyBed } from './copy-bed.ts'

const bed = useCopyBed()
const none = { count: 0, bytes: 0 }

describe('a copy', () => {
  test('writes children by digest before their index, and no tag', async () => {
    const { to, seed } = bed.fresh()
    const index = await bed.pushed(indexOf(seed))
    const children = [...index.manifests.keys()].filter((digest) => digest !== index.root.digest)
    const copied = await bed.copy(index.root.digest, to)
    expect(copied.manifests).toEqual([...children, index.root.digest])
    expect(puts(bed.production).slice(0, 2).sort()).toEqual(
      children.map((digest) => `PUT /v2/${to}/manifests/${digest}`).sort(),
    )
    expect(puts(bed.production).slice(2)).toEqual([`PUT /v2/${to}/manifests/${index.root.digest}`])
    expect(await Array.fromAsync(bed.target.tags(to))).toEqual([])
    await bed.expectWhole(index, to)
  })

  test('gives the manifest for the tag, which is written once and read back', async () => {
    const { to, seed } = bed.fresh()
    const index = await bed.pushed(indexOf(seed))
    const { root } = await bed.copy(index.root.digest, to)
    bed.production.reset()
    await writeTag({ client: bed.target, repository: to }, 'v1', root)
    expect(bed.production.requests).toEqual([`PUT /v2/${to}/manifests/v1`, `GET /v2/${to}/manifests/v1`])
    expect((await bed.target.headManifest(to, 'v1'))?.digest).toBe(index.root.digest)
    await skopeoCopyAll(
      `${new URL(bed.production.url).host}/${to}:v1`,
      `${new URL(bed.ci.url).host}/${to}:back`,
    )
    expect((await bed.source.headManifest(to, 'back'))?.digest).toBe(index.root.digest)
  })

  test('writes a child once, however often indexes list it', async () => {
    const { to, seed } = bed.fresh()
    const twice = (one: LabImage) =>
      makeIndex([
        { image: one, architecture: 'amd64' },
        { image: one, architecture: 'arm64' },
      ])
    const nested = await bed.pushed(twice(twice(twice(imageOf(seed)))))
    const copied = await bed.copy(nested.root.digest, to)
    expect(copied.manifests).toHaveLength(4)
    expect(puts(bed.production)).toHaveLength(4)
    await bed.expectWhole(nested, to)
  })

  test('counts the blobs that it sends, and their bytes', async () => {
    const { to, seed } = bed.fresh()
    const index = await bed.pushed(indexOf(seed))
    const copied = await bed.copy(index.root.digest, to)
    expect(copied.blobs).toEqual({
      sent: { count: index.blobs.size, bytes: bytesOf(index) },
      ...{ mounted: none, present: none },
    })
    expect(uploads(bed.production).sort()).toEqual([...index.blobs.keys()].sort())
    expect(bed.production.requests.filter((line) => line.includes('mount='))).toEqual([])
  })

  test('says how far it is, up to all bytes and manifests', async () => {
    const { to, seed } = bed.fresh()
    const index = await bed.pushed(indexOf(seed))
    const steps: CopyProgress[] = []
    await bed.copy(index.root.digest, to, { onProgress: (progress) => steps.push(progress) })
    const all = bytesOf(index)
    expect(steps.at(-1)).toEqual({ bytes: all, totalBytes: all, manifests: 3 })
    expect(steps.every(({ bytes, totalBytes }) => bytes <= totalBytes)).toBe(true)
    expect(steps.map(({ bytes }) => bytes)).toEqual(steps.map(({ bytes }) => bytes).sort((a, b) => a - b))
  })

  test('by another process sends and writes nothing the second time, and reads a byte of each blob', async () => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    await bed.copy(image.root.digest, to)
    bed.production.reset()
    bed.ci.reset()
    const again = await bed.copy(image.root.digest, to)
    expect(again.blobs).toEqual({
      ...{ sent: none, mounted: none },
      present: { count: image.blobs.size, bytes: bytesOf(image) },
    })
    expect(bed.production.requests.filter((line) => !line.startsWith('GET'))).toEqual([])
    for (const digest of image.blobs.keys())
      expect(bed.production.requests).toContain(`GET /v2/${to}/blobs/${digest}`)
    expect(bed.ci.requests.filter((line) => line.includes('/blobs/'))).toEqual([])
  })

  test('by the same process soon after looks only whether the manifests are still there', async () => {
    const { to, seed } = bed.fresh()
    const index = await bed.pushed(indexOf(seed))
    const { copyImage } = makeCopier()
    await copyImage(bed.request(index.root.digest, to))
    bed.production.reset()
    const again = await copyImage(bed.request(index.root.digest, to))
    expect(again.blobs.present).toEqual({ count: index.blobs.size, bytes: bytesOf(index) })
    expect(bed.production.requests.sort()).toEqual(
      [...index.manifests.keys()].map((digest) => `GET /v2/${to}/manifests/${digest}`).sort(),
    )
  })

  test('by the same process reads the blobs again if the manifest has gone', async () => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    const { copyImage } = makeCopier()
    await copyImage(bed.request(image.root.digest, to))
    await bed.target.deleteManifest(to, image.root.digest)
    bed.production.reset()
    await copyImage(bed.request(image.root.digest, to))
    for (const digest of image.blobs.keys())
      expect(bed.production.requests).toContain(`GET /v2/${to}/blobs/${digest}`)
    await bed.expectWhole(image, to)
  })

  test('reads the image by its digest, so a tag that moves meanwhile does not matter', async () => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    await bed.pushed(imageOf(`${seed}, younger`))
    await bed.copy(image.root.digest, to)
    await bed.expectWhole(image, to)
    expect(bed.ci.requests.filter((line) => line.includes('/manifests/t'))).toEqual([])
  })

  test('refuses an index without a child before anything is sent, or names the child if that is allowed', async () => {
    const { to, seed } = bed.fresh()
    const index = await bed.pushed(indexOf(seed))
    const [child = ''] = index.manifests.keys()
    bed.ci.onRequest(({ path }) => (path.endsWith(child) ? 404 : undefined))
    await expect(bed.copy(index.root.digest, to)).rejects.toMatchObject({
      ...{ name: 'CopyError', code: 'absent', retry: false },
      message: `${FROM}@${child} is not in its registry`,
    })
    expect(bed.production.requests).toEqual([])
    // Docker registry 2.8 itself refuses an index without its children.
    await expect(bed.copy(index.root.digest, to, { sparse: 'allow' })).rejects.toMatchObject({ status: 400 })
  })

  test('fails if the source no longer has the image', async () => {
    const { to, seed } = bed.fresh()
    await expect(bed.copy(imageOf(seed).root.digest, to)).rejects.toMatchObject({ code: 'absent' })
    expect(bed.production.requests).toEqual([])
  })

  test('fails if the source has a broken manifest, and names it', async () => {
    const { to } = bed.fresh()
    const bytes = Buffer.from('{"schemaVersion":2,"manifests":7}')
    const client: RegistryClient = {
      ...bed.source,
      getManifest: async () => ({
        bytes,
        descriptor: { mediaType: OCI_INDEX, digest: digestOf(bytes), size: bytes.length },
      }),
    }
    const copying = bed.copy(digestOf(bytes), to, { source: { client, repository: FROM } })
    await expect(copying).rejects.toMatchObject({
      name: 'InvalidManifest',
      message: `${FROM}@${digestOf(bytes)}: manifests is not a list`,
    })
    expect(bed.production.requests).toEqual([])
  })
})

describe('within one registry', () => {
  const within = (to: string, client = bed.source) => ({
    target: { client, repository: to },
    sameRegistry: true,
  })

  test('blobs are mounted, one byte of each is read, and none is sent', async () => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    const copied = await bed.copy(image.root.digest, to, within(to))
    const mounted = { count: image.blobs.size, bytes: bytesOf(image) }
    expect(copied.blobs).toEqual({ sent: none, mounted, present: none })
    expect(uploads(bed.ci)).toEqual([])
    for (const digest of image.blobs.keys()) {
      const about = bed.ci.requests.filter(
        (line) => line.includes(digest.replace(':', '%3A')) || line.includes(digest),
      )
      expect(about.map((line) => line.split(' ')[0])).toEqual(['GET', 'POST', 'GET'])
    }
    expect((await bed.source.headManifest(to, image.root.digest))?.digest).toBe(image.root.digest)
  })

  test('a registry that does not mount gets the blob through the upload that it opened', async () => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    // Distribution opens an upload if the blob to mount is not in the named repository.
    const client: RegistryClient = {
      ...bed.source,
      mountBlob: (repository, digest) => bed.source.mountBlob(repository, digest, 'not/there'),
    }
    const copied = await bed.copy(image.root.digest, to, within(to, client))
    expect(copied.blobs.sent).toEqual({ count: image.blobs.size, bytes: bytesOf(image) })
    expect(bed.ci.requests.filter((line) => line.startsWith('POST'))).toHaveLength(image.blobs.size)
    expect((await bed.source.headManifest(to, image.root.digest))?.digest).toBe(image.root.digest)
  })

  test('a registry that refuses mounts gets the blob', async () => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    bed.ci.onRequest(({ path }) => (path.includes('mount=') ? 403 : undefined))
    const copied = await bed.copy(image.root.digest, to, within(to))
    expect(copied.blobs.sent).toEqual({ count: image.blobs.size, bytes: bytesOf(image) })
  })
})

describe('another repository of the target', () => {
  test('from which a blob is mounted is one that the index knows, and uploads that were opened in vain are cancelled', async () => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    await bed.copy(image.root.digest, `${to}/known`)
    bed.production.reset()
    const copied = await bed.copy(image.root.digest, to, {
      mountFrom: async () => ['not/there', `${to}/known`],
    })
    expect(copied.blobs.mounted).toEqual({ count: image.blobs.size, bytes: bytesOf(image) })
    const opened = bed.production.requests.filter((line) => line.startsWith('POST')).length
    expect(opened).toBe(2 * image.blobs.size)
    expect(bed.production.requests.filter((line) => line.startsWith('DELETE'))).toHaveLength(image.blobs.size)
  })

  test('is also one to which this process has copied', async () => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(imageOf(seed))
    const { copyImage } = makeCopier()
    await copyImage(bed.request(image.root.digest, `${to}/first`))
    const copied = await copyImage(bed.request(image.root.digest, to))
    expect(copied.blobs.mounted.count).toBe(image.blobs.size)
  })
})

test('a manifest that the target takes and does not keep fails the copy, which may be tried again', async () => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(imageOf(seed))
  const client: RegistryClient = {
    ...bed.target,
    putManifest: async (_repository, _reference, bytes) => digestOf(bytes),
  }
  const side = { client, repository: to }
  await expect(bed.copy(image.root.digest, to, { target: side })).rejects.toMatchObject({
    ...{ code: 'not kept', retry: true },
  })
  const other = imageOf(`${seed}, other`)
  await bed.pushed(other)
  const { root } = await bed.copy(other.root.digest, to)
  await writeTag({ client: bed.target, repository: to }, 'v1', root)
  const [manifest] = image.manifests.values()
  const ours = { digest: image.root.digest, ...(manifest ?? { bytes: Buffer.alloc(0), mediaType: '' }) }
  await expect(writeTag(side, 'v1', ours)).rejects.toMatchObject({ code: 'not kept' })
  expect(await readBack(side, 'v1', root)).toBe(true)
  expect(await readBack(side, 'v2', root)).toBe(false)
})
