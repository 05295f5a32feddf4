import { contentsOf } from '../integrity/damage.ts'
import { asHeld, MOST_ASKED } from '../registry/as-held.ts'
import type { StoredBlob } from '../registry/blob-api.ts'
import { isSchema1Type, type ParsedManifest } from '../registry/manifest.ts'
import { believableSize, type Reference } from '../usage/fact.ts'
import { referencesOf } from '../usage/references-of.ts'
import type { ManifestReading } from './reading.ts'

/** Finds a blob in the registry. */
type FindBlob = (digest: string) => Promise<StoredBlob | undefined>

/**
 * A manifest that was read, with all references that the registry holds. Schema 1 states no sizes, so `find` tells the
 * size of each of its layers. A layer that does not exist has size 0.
 */
export async function manifestReading(
  manifest: ParsedManifest,
  read: Pick<ManifestReading, 'digest' | 'size' | 'age'>,
  find: FindBlob,
): Promise<ManifestReading> {
  const { mediaType } = manifest
  const held = await asHeld(manifest, find)
  const stated = referencesOf(held)
  const references = isSchema1Type(mediaType) ? await withSizes(stated, find) : stated
  return { ...read, mediaType, references, contents: contentsOf(held) }
}

/** Asks for each digest once: schema 1 repeats the empty layer. Those beyond the first 200 have size 0. */
async function withSizes(references: Reference[], find: FindBlob): Promise<Reference[]> {
  const sizes = new Map<string, number>()
  for (const { digest } of references)
    if (!sizes.has(digest) && sizes.size < MOST_ASKED)
      sizes.set(digest, believableSize((await find(digest))?.size ?? 0))
  return references.map((reference) => ({ ...reference, size: sizes.get(reference.digest) ?? 0 }))
}
