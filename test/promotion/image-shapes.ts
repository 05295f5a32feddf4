import { zstdCompressSync } from 'node:zlib'
import {
  digestOf,
  type LabImage,
  makeBuildKitCache,
  makeBuildKitImageCache,
  makeIndex,
  makeReferrer,
  OCI_INDEX,
  OCI_MANIFEST,
} from '../../lab/image.ts'
import { DOCKER_LAYER, DOCKER_LIST, DOCKER_MANIFEST } from '../../src/registry/manifest.ts'
import { imageOf, indexOf } from './copy-bed.ts'

export const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'
export const part = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
})

export function imageFrom(body: { mediaType: string }, blobs: Buffer[], below: LabImage[] = []): LabImage {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, ...body }))
  const root = part(body.mediaType, bytes)
  return {
    root,
    blobs: new Map([
      ...below.flatMap((image) => [...image.blobs]),
      ...blobs.map((blob) => [digestOf(blob), blob] as const),
    ]),
    manifests: new Map([
      ...below.flatMap((image) => [...image.manifests]),
      [root.digest, { bytes, mediaType: body.mediaType }],
    ]),
  }
}

function dockerImage(seed: string): LabImage {
  const [config, layer] = [Buffer.from(JSON.stringify({ seed })), Buffer.from(`layer of ${seed}`)]
  const body = { config: part(DOCKER_CONFIG, config), layers: [part(DOCKER_LAYER, layer)] }
  return imageFrom({ mediaType: DOCKER_MANIFEST, ...body }, [config, layer])
}

const EMPTY = part('application/vnd.oci.empty.v1+json', Buffer.from('{}'))

/** Every form of image and artifact, by its name. The seed makes the contents, which no other seed makes. */
export const shapes: Record<string, (seed: string) => LabImage> = {
  'an image': imageOf,
  'an index': indexOf,
  'an index in an index': (seed) => makeIndex([{ image: indexOf(seed), architecture: 'amd64' }]),
  'a docker image': dockerImage,
  'a docker list': (seed) => {
    const image = dockerImage(seed)
    const entry = { ...image.root, platform: { os: 'linux', architecture: 'amd64' } }
    return imageFrom({ mediaType: DOCKER_LIST, ...{ manifests: [entry] } }, [], [image])
  },
  'layers compressed by zstd': (seed) => {
    const [config, layer] = [Buffer.from(JSON.stringify({ seed })), zstdCompressSync(Buffer.from(seed))]
    const body = {
      config: part('application/vnd.oci.image.config.v1+json', config),
      layers: [part('application/vnd.oci.image.layer.v1.tar+zstd', layer)],
    }
    return imageFrom({ mediaType: OCI_MANIFEST, ...body }, [config, layer])
  },
  'a BuildKit cache that is an index of layers': (seed) => makeBuildKitCache([{ seed, bytes: 5_000 }]),
  'a BuildKit cache that is an image': (seed) => makeBuildKitImageCache([{ seed, bytes: 5_000 }]),
  'an artifact whose subject is not there': (seed) => makeReferrer(imageOf(seed).root, seed),
  'a manifest without layers': (seed) =>
    imageFrom({ mediaType: OCI_MANIFEST, ...{ config: EMPTY, annotations: { seed } } }, [Buffer.from('{}')]),
  'an index without manifests': (seed) =>
    imageFrom({ mediaType: OCI_INDEX, ...{ annotations: { seed } } }, []),
  'an empty layer, listed twice': (seed) => {
    const empty = part('text/plain', Buffer.alloc(0))
    const body = { config: EMPTY, layers: [empty, empty], annotations: { seed } }
    return imageFrom({ mediaType: OCI_MANIFEST, ...body }, [Buffer.from('{}'), Buffer.alloc(0)])
  },
  'sizes that are wrong in the manifest': (seed) => {
    const layer = Buffer.alloc(3_000_000, seed)
    const body = { config: EMPTY, layers: [{ ...part('text/plain', layer), size: 7 }], annotations: { seed } }
    return imageFrom({ mediaType: OCI_MANIFEST, ...body }, [Buffer.from('{}'), layer])
  },
}
