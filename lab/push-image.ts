import { Readable } from 'node:stream'
import type { RegistryClient } from '../src/registry/client.ts'
import { digestOf, type LabImage } from './image.ts'

export async function upload(client: RegistryClient, repository: string, bytes: Buffer): Promise<string> {
  const digest = digestOf(bytes)
  await client.uploadBlob(repository, { digest, size: bytes.length }, async (from) =>
    Readable.from([bytes.subarray(from)]),
  )
  return digest
}

/** Pushes blobs, then children, then the tagged manifest. */
export async function pushImage(
  client: RegistryClient,
  repository: string,
  tag: string,
  image: LabImage,
): Promise<void> {
  for (const bytes of image.blobs.values()) await upload(client, repository, bytes)
  for (const [digest, manifest] of image.manifests) {
    const reference = digest === image.root.digest ? tag : digest
    const stored = await client.putManifest(repository, reference, manifest.bytes, manifest.mediaType)
    if (stored !== digest) throw new Error(`stored as ${stored}`)
  }
}
