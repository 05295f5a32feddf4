import type { StoredManifest } from './copied.ts'
import { hasWrongContent } from './copy-blob.ts'
import type { Side } from './copy-client.ts'
import { CopyError } from './copy-error.ts'

/** Whether the registry gives exactly this manifest under a tag or its digest. @throws RegistryError without an answer */
export async function readBack(
  { client, repository }: Side,
  reference: string,
  manifest: StoredManifest,
): Promise<boolean> {
  try {
    const found = await client.getManifest(repository, reference)
    if (found === undefined) return false
    // The client has hashed it. Distribution signs schema 1 again, which leaves its digest.
    return found.descriptor.digest === manifest.digest || found.bytes.equals(manifest.bytes)
  } catch (error) {
    if (hasWrongContent(error)) return false
    throw error
  }
}

/**
 * Writes a manifest under a tag or its digest, and reads it back.
 * @throws RegistryError; CopyError if something else comes back
 */
export async function writeTag(target: Side, reference: string, manifest: StoredManifest): Promise<void> {
  const { client, repository } = target
  await client.putManifest(repository, reference, manifest.bytes, manifest.mediaType)
  if (await readBack(target, reference, manifest)) return
  const name = reference.includes(':') ? `${repository}@${reference}` : `${repository}:${reference}`
  throw new CopyError('not kept', `${name} was written, and ${manifest.digest} does not come back`)
}
