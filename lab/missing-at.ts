import { buffer } from 'node:stream/consumers'
import type { RegistryClient } from '../src/registry/client.ts'
import type { LabImage } from './image.ts'

/** The manifests and blobs of an image that a registry does not give byte for byte: their digests, sorted. */
export async function missingAt(
  client: RegistryClient,
  repository: string,
  image: LabImage,
): Promise<string[]> {
  const missing: string[] = []
  for (const [digest, { bytes }] of image.manifests)
    if ((await client.getManifest(repository, digest))?.bytes.equals(bytes) !== true) missing.push(digest)
  for (const [digest, bytes] of image.blobs) {
    const found = await client.getBlob(repository, digest).then(buffer, () => undefined)
    if (found?.equals(bytes) !== true) missing.push(digest)
  }
  return missing.toSorted()
}
