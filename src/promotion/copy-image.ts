import type { RegistryClient } from '../registry/client.ts'
import type { Descriptor } from '../registry/descriptor.ts'
import { parseManifest } from '../registry/manifest.ts'

export interface Side {
  client: RegistryClient
  repository: string
}

export interface Copied {
  /** Digests, children before the index that lists them. */
  manifests: string[]
  blobs: { sent: number; mounted: number; present: number }
  /** Bytes of the blobs sent. */
  bytes: number
}

/**
 * Copies an image whole, by digest: its blobs first, then children, then the manifest itself, so that the target
 * never lists what it lacks (OCI distribution spec, Pushing). What the target has is not sent again, so a copy
 * that was cut short goes on where it stopped. The client checks every digest on both sides.
 * @throws if the source no longer has the manifest, and whatever the clients throw
 */
export async function copyImage(
  source: Side,
  target: Side,
  digest: string,
  options: { tag: string; sameRegistry: boolean },
): Promise<Copied> {
  const copied: Copied = { manifests: [], blobs: { sent: 0, mounted: 0, present: 0 }, bytes: 0 }

  async function copyManifest(reference: string, as: string): Promise<void> {
    const found = await source.client.getManifest(source.repository, reference)
    if (found === undefined) throw new Error(`${source.repository}@${reference} is no longer in its registry`)
    const manifest = parseManifest(found.bytes, found.descriptor.mediaType)
    for (const child of manifest.children) await copyManifest(child.digest, child.digest)
    const blobs = [...(manifest.config ? [manifest.config] : []), ...manifest.layers]
    for (const blob of blobs) if (!blob.foreign) await copyBlob(blob)
    await target.client.putManifest(target.repository, as, found.bytes, found.descriptor.mediaType)
    copied.manifests.push(reference)
  }

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
    const body = await source.client.getBlob(source.repository, blob.digest)
    await target.client.uploadBlob(target.repository, blob, body, upload)
    copied.blobs.sent += 1
    copied.bytes += blob.size
  }

  await copyManifest(digest, options.tag)
  return copied
}
