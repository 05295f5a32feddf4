import { expect, test } from 'vitest'
import { digestOf } from '../../lab/image.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import { skopeoCopyAll } from '../../lab/skopeo.ts'
import { writeTag } from '../../src/promotion/copy/write-tag.ts'
import { DOCKER_LAYER, DOCKER_MANIFEST, SCHEMA_1_SIGNED } from '../../src/registry/manifest.ts'
import { FROM, imageOf, useCopyBed } from './copy-bed.ts'
import { DOCKER_CONFIG, imageFrom, part, shapes } from './image-shapes.ts'

const bed = useCopyBed()

const FOREIGN_LAYER = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'

test.each(Object.entries(shapes))('%s arrives whole', async (_, make) => {
  const { to, seed } = bed.fresh()
  const image = await bed.pushed(make(seed))
  const copied = await bed.copy(image.root.digest, to)
  await bed.expectWhole(image, to)
  expect(copied.blobs.sent.count).toBe(image.blobs.size)
  const again = await bed.copy(image.root.digest, to, { verify: 'full' })
  expect(again.blobs.present.count).toBe(image.blobs.size)
})

test.each(['a docker list', 'layers compressed by zstd'])(
  'skopeo copies %s from the target',
  async (shape) => {
    const { to, seed } = bed.fresh()
    const image = await bed.pushed(shapes[shape]?.(seed) ?? imageOf(seed))
    const { root } = await bed.copy(image.root.digest, to)
    await writeTag({ client: bed.target, repository: to }, 'v1', root)
    const host = (url: string) => new URL(url).host
    await skopeoCopyAll(`${host(bed.production.url)}/${to}:v1`, `${host(bed.ci.url)}/${to}:back`)
    expect((await bed.source.headManifest(to, 'back'))?.digest).toBe(image.root.digest)
  },
)

test('schema 1, which states no sizes, arrives with all layers', async () => {
  const { to, seed } = bed.fresh()
  const layer = Buffer.from(`layer of ${seed}`)
  const config = { ...{ architecture: 'amd64', os: 'linux', history: [{ created_by: seed }] } }
  const bytes = Buffer.from(
    JSON.stringify({ ...config, rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } }),
  )
  const body = { config: part(DOCKER_CONFIG, bytes), layers: [part(DOCKER_LAYER, layer)] }
  const image = imageFrom({ mediaType: DOCKER_MANIFEST, ...body }, [bytes, layer])
  await pushImage(bed.source, FROM, 'today', image)
  // Without an Accept header the registry converts it.
  const answer = await fetch(`${bed.ci.url}/v2/${FROM}/manifests/today`)
  expect(answer.headers.get('content-type')).toBe(SCHEMA_1_SIGNED)
  const old = Buffer.from(await answer.arrayBuffer())
  const digest = await bed.source.putManifest(FROM, 'old', old, SCHEMA_1_SIGNED)

  const copied = await bed.copy(digest, to)
  expect(copied.blobs.sent).toEqual({ count: 1, bytes: layer.length })
  expect((await bed.target.headManifest(to, digest))?.digest).toBe(digest)
  expect(await bed.target.readsBlob(to, digestOf(layer))).toBe(true)
  await writeTag({ client: bed.target, repository: to }, 'v1', copied.root)
  expect((await bed.copy(digest, to)).blobs.present.count).toBe(1)
})

test('a layer that is stored elsewhere is left out, and comes along if the source holds it', async () => {
  const { to, seed } = bed.fresh()
  const [config, layer] = [Buffer.from(JSON.stringify({ seed })), Buffer.from(`layer of ${seed}`)]
  await upload(bed.source, FROM, config)
  const foreign = { ...part(FOREIGN_LAYER, layer), urls: ['https://example.org/layer'] }
  const { manifests, root } = imageFrom(
    { mediaType: DOCKER_MANIFEST, ...{ config: part(DOCKER_CONFIG, config), layers: [foreign] } },
    [],
  )
  for (const { bytes } of manifests.values())
    await bed.source.putManifest(FROM, 'windows', bytes, DOCKER_MANIFEST)
  const without = await bed.copy(root.digest, `${to}/without`)
  expect(without.blobs.sent.count).toBe(1)
  expect((await bed.target.headManifest(`${to}/without`, root.digest))?.digest).toBe(root.digest)

  await upload(bed.source, FROM, layer)
  const copied = await bed.copy(root.digest, `${to}/with`)
  expect(copied.blobs.sent.count).toBe(2)
  expect(await bed.target.readsBlob(`${to}/with`, digestOf(layer))).toBe(true)
})
