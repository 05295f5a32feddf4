import { digestOf, type LabImage, OCI_INDEX, OCI_MANIFEST, seededBytes } from '../../lab/image.ts'

export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
const CREATED = 'org.opencontainers.image.created'

const manifestOf = (mediaType: string, body: object) => {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...body }))
  return { bytes, mediaType, digest: digestOf(bytes), size: bytes.length }
}

/** An image whose manifest has the annotation `annotated`. `config` is the text of its config. */
export function imageWith({
  config,
  annotated,
  configType = OCI_CONFIG,
}: {
  config: string
  annotated?: string
  configType?: string
}): LabImage & { config: string } {
  const blobs = [Buffer.from(config), seededBytes('layer', 400)]
  const [first, layer] = blobs.map((bytes) => ({ digest: digestOf(bytes), size: bytes.length }))
  const { bytes, ...root } = manifestOf(OCI_MANIFEST, {
    config: { mediaType: configType, ...first },
    layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', ...layer }],
    ...(annotated !== undefined && { annotations: { [CREATED]: annotated } }),
  })
  return {
    root,
    manifests: new Map([[root.digest, { bytes, mediaType: root.mediaType }]]),
    blobs: new Map(blobs.map((blob) => [digestOf(blob), blob])),
    config: first?.digest ?? '',
  }
}

/** An image whose config states this time. Images with another `seed` are others. */
export const builtAt = (created: string, seed = '') =>
  imageWith({ config: JSON.stringify({ architecture: 'amd64', os: 'linux', created, author: seed }) })

/** An index of images, which may have the annotation `annotated`. */
export function indexOf(children: LabImage[], annotated?: string): LabImage {
  const { bytes, ...root } = manifestOf(OCI_INDEX, {
    manifests: children.map((child) => child.root),
    ...(annotated !== undefined && { annotations: { [CREATED]: annotated } }),
  })
  return {
    root,
    manifests: new Map([
      ...children.flatMap(({ manifests }) => [...manifests]),
      [root.digest, { bytes, mediaType: root.mediaType }],
    ]),
    blobs: new Map(children.flatMap(({ blobs }) => [...blobs])),
  }
}
