import type { RegistryClient } from '../registry/client.ts'
import type { Descriptor } from '../registry/descriptor.ts'
import { parseManifest } from '../registry/manifest.ts'

/** One end of a copy. */
export interface Side {
  client: RegistryClient
  repository: string
}

export interface Copied {
  /** Digests; children come before the index that lists them. */
  manifests: string[]
  blobs: { sent: number; mounted: number; present: number }
  /** Bytes of the blobs sent. */
  bytes: number
}

/**
 * Copies an image by digest: children first, then blobs, then the manifest itself. So the target never lists content
 * that it lacks (OCI distribution spec 1.1, "Pushing Manifests"), and its tag is written last. Blobs that the target
 * has are not sent again, so a copy that failed half-way continues where it stopped. The clients check every digest.
 * @throws RegistryError, InvalidManifest, or an Error if the source no longer has a manifest of the image
 */
export async function copyImage(
  source: Side,
  target: Side,
  digest: string,
  options: { tag: string; sameRegistry: boolean },
): Promise<Copied> {
  const copied: Copied = { manifests: [], blobs: { sent: 0, mounted: 0, present: 0 }, bytes: 0 }

  const done = new Set<string>()

  async function copyManifest(reference: string, as: string): Promise<void> {
    const found = await source.client.getManifest(source.repository, reference)
    if (found === undefined) throw new Error(`${source.repository}@${reference} is no longer in its registry`)
    const manifest = parseManifest(found.bytes, found.descriptor.mediaType)
    const children = new Set(manifest.children.map((child) => child.digest))
    // An index may list a child twice, and so may that: what is copied once is not copied again.
    for (const child of children) if (!done.has(child)) await copyManifest(child, child)
    const blobs = [...(manifest.config ? [manifest.config] : []), ...manifest.layers]
    for (const blob of blobs) if (!blob.foreign || (await isAtSource(blob))) await copyBlob(blob)
    await target.client.putManifest(target.repository, as, found.bytes, found.descriptor.mediaType)
    copied.manifests.push(reference)
    done.add(reference)
  }

  const isAtSource = async ({ digest }: Descriptor) =>
    (await source.client.headBlob(source.repository, digest)) !== undefined

  async function copyBlob(blob: Descriptor): Promise<void> {
    if ((await target.client.headBlob(target.repository, blob.digest)) !== undefined) {
      copied.blobs.present += 1
      return
    }
    let upload: Parameters<RegistryClient['uploadBlob']>[3]
    if (options.sameRegistry) {
      const mount = await target.client.mountBlob(target.repository, blob.digest, source.repository)
      if (mount.mounted) {
        copied.blobs.mounted += 1
        return
      }
      upload = mount.upload
    }
    const open = (from: number) => source.client.getBlob(source.repository, blob.digest, { from })
    await target.client.uploadBlob(target.repository, blob, open, upload)
    copied.blobs.sent += 1
    copied.bytes += blob.size
  }

  await copyManifest(digest, options.tag)
  return copied
}
