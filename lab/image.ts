import { createCipheriv, createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** A descriptor (OCI image spec). */
export interface Descriptor {
  mediaType: string
  digest: string
  /** bytes */
  size: number
  platform?: { os: string; architecture: string }
}

/** An image in memory, with every blob and manifest that a push needs. */
export interface LabImage {
  /** The image's own manifest or index. */
  readonly root: Descriptor
  readonly manifests: ReadonlyMap<string, { bytes: Buffer; mediaType: string }>
  readonly blobs: ReadonlyMap<string, Buffer>
}

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'

export const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Bytes that look random and depend only on `seed`, so that a seed names a layer. */
export function seededBytes(seed: string, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length))
}

/** A single-platform image. Layers with the same seed and size are the same blob in every image. */
export function makeImage(options: {
  layers: { seed: string; bytes: number }[]
  architecture?: string
  label?: string
  /** When its config says that it was built. */
  created?: Date
}): LabImage {
  const blobs = new Map<string, Buffer>()
  const addBlob = (mediaType: string, bytes: Buffer): Descriptor => {
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const made = options.layers.map(layerOf)
  const layers = made.map(({ blob }) => addBlob(OCI_LAYER, blob))
  const config = addBlob(
    OCI_CONFIG,
    Buffer.from(
      JSON.stringify({
        architecture: options.architecture ?? 'amd64',
        os: 'linux',
        ...(options.created && { created: options.created.toISOString() }),
        config: { Labels: { 'org.opencontainers.image.revision': options.label ?? 'none' } },
        rootfs: { type: 'layers', diff_ids: made.map(({ diffId }) => diffId) },
      }),
    ),
  )
  return withRoot(OCI_MANIFEST, { config, layers }, new Map(), blobs)
}

interface Layer {
  blob: Buffer
  /** The digest of the tar in it (OCI image spec, "Layer DiffID"). */
  diffId: string
}

/** The layers that were made last: one image after the other has the same base. */
const lately = new Map<string, Layer>()
const LATELY = 8

function layerOf({ seed, bytes }: { seed: string; bytes: number }): Layer {
  const key = `${bytes} ${seed}`
  const known = lately.get(key)
  lately.delete(key)
  const layer = known ?? packed(tarOf(`layer-${seed}`, seededBytes(seed, bytes)))
  lately.set(key, layer)
  for (const oldest of lately.size > LATELY ? lately.keys().take(1) : []) lately.delete(oldest)
  return layer
}

const packed = (tar: Buffer): Layer => ({ blob: gzipSync(tar, { level: 1 }), diffId: digestOf(tar) })

/** An index of images, one for each platform. */
export function makeIndex(images: { image: LabImage; architecture: string }[]): LabImage {
  return withRoot(
    OCI_INDEX,
    {
      manifests: images.map(({ image, architecture }) => ({
        ...image.root,
        platform: { os: 'linux', architecture },
      })),
    },
    new Map(images.flatMap(({ image }) => [...image.manifests])),
    new Map(images.flatMap(({ image }) => [...image.blobs])),
  )
}

/** A BuildKit registry cache in its older form: an index of layers and a cache config, without manifests. */
export function makeBuildKitCache(layers: { seed: string; bytes: number }[]): LabImage {
  const blobs = new Map<string, Buffer>()
  const addBlob = (mediaType: string, bytes: Buffer): Descriptor => {
    blobs.set(digestOf(bytes), bytes)
    return { mediaType, digest: digestOf(bytes), size: bytes.length }
  }
  const entries = layers.map((l) =>
    addBlob(OCI_LAYER, gzipSync(tarOf(`cache-${l.seed}`, seededBytes(l.seed, l.bytes)))),
  )
  const config = addBlob(
    'application/vnd.buildkit.cacheconfig.v0',
    Buffer.from(JSON.stringify({ layers: entries.map((e) => ({ blob: e.digest })), records: [] })),
  )
  return withRoot(OCI_INDEX, { manifests: [...entries, config] }, new Map(), blobs)
}

/** A BuildKit registry cache as BuildKit 0.21 and later export it: an image manifest whose config is the cache config. */
export function makeBuildKitImageCache(layers: { seed: string; bytes: number }[]): LabImage {
  const { blobs, manifests, root } = makeBuildKitCache(layers)
  const { manifests: entries } = JSON.parse(manifests.get(root.digest)?.bytes.toString() ?? '{}')
  return withRoot(
    OCI_MANIFEST,
    { config: entries.at(-1), layers: entries.slice(0, -1) },
    new Map(),
    new Map(blobs),
  )
}

/** A signature like cosign's: an image manifest, to be pushed with the tag `signatureTag(digest)`. */
export function makeSignature(digest: string): LabImage {
  const payload = Buffer.from(JSON.stringify({ critical: { image: { 'docker-manifest-digest': digest } } }))
  const config = Buffer.from('{}')
  return withRoot(
    OCI_MANIFEST,
    {
      config: { mediaType: OCI_CONFIG, digest: digestOf(config), size: config.length },
      layers: [
        {
          mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
          digest: digestOf(payload),
          size: payload.length,
        },
      ],
    },
    new Map(),
    new Map([
      [digestOf(config), config],
      [digestOf(payload), payload],
    ]),
  )
}

export const signatureTag = (digest: string): string => `${digest.replace(':', '-')}.sig`

/** An artifact about an image, which its `subject` field names: an attestation. */
export function makeReferrer(subject: Descriptor, seed: string): LabImage {
  const [config, layer] = [Buffer.from('{}'), Buffer.from(JSON.stringify({ seed, of: subject.digest }))]
  const part = (mediaType: string, bytes: Buffer) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  })
  const body = {
    artifactType: 'application/vnd.in-toto+json',
    config: part('application/vnd.oci.empty.v1+json', config),
    layers: [part('application/vnd.in-toto+json', layer)],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
  }
  const blobs = new Map([config, layer].map((bytes) => [digestOf(bytes), bytes]))
  return withRoot(OCI_MANIFEST, body, new Map(), blobs)
}

/** The list of an image's referrers, for registries without the referrers API: to be pushed with the tag `referrersTag(digest)`. */
export const makeReferrerList = (referrers: LabImage[]): LabImage =>
  withRoot(
    OCI_INDEX,
    { manifests: referrers.map(({ root }) => root) },
    new Map(referrers.flatMap(({ manifests }) => [...manifests])),
    new Map(referrers.flatMap(({ blobs }) => [...blobs])),
  )

export const referrersTag = (digest: string): string => digest.replace(':', '-')

function withRoot(
  mediaType: string,
  body: object,
  manifests: Map<string, { bytes: Buffer; mediaType: string }>,
  blobs: Map<string, Buffer>,
): LabImage {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...body }))
  const root = { mediaType, digest: digestOf(bytes), size: bytes.length }
  return { root, blobs, manifests: new Map([...manifests, [root.digest, { bytes, mediaType }]]) }
}

/** A tar of one file, dated 1970 (POSIX ustar). */
function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512)
  header.write(name.slice(0, 99), 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)])
}

/** Adds the image to an OCI layout folder under `tag`, for `skopeo copy --all oci:folder:tag docker://…`. */
export async function writeOciLayout(folder: string, tag: string, image: LabImage): Promise<void> {
  const blobs = join(folder, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const files = [...image.blobs, ...[...image.manifests].map(([digest, m]) => [digest, m.bytes] as const)]
  for (const [digest, bytes] of files) await writeFile(join(blobs, digest.slice('sha256:'.length)), bytes)
  const indexFile = join(folder, 'index.json')
  const before = await readFile(indexFile, 'utf8').then(JSON.parse, () => ({
    schemaVersion: 2,
    manifests: [],
  }))
  const ref = 'org.opencontainers.image.ref.name'
  const others = before.manifests.filter(
    (m: { annotations?: Record<string, string> }) => m.annotations?.[ref] !== tag,
  )
  await writeFile(
    indexFile,
    JSON.stringify({ ...before, manifests: [...others, { ...image.root, annotations: { [ref]: tag } }] }),
  )
}
