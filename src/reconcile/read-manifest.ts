import { isSchema1Type, type ParsedManifest } from '../registry/manifest.ts'
import { InvalidManifest } from '../registry/registry-error.ts'
import type { Reference } from '../usage/fact.ts'
import { referencesOf } from '../usage/references-of.ts'
import type { ManifestReading } from './reading.ts'

/** The most that notifications may state too, and that the index has room for: 128 TiB. */
const MOST_BYTES = 2 ** 47

/**
 * A manifest that was read, with all its references. Schema 1 states no sizes, so `sizeOf` is asked for each of its
 * layers; one that is not there has none.
 * @throws InvalidManifest for sizes that cannot be
 */
export async function manifestReading(
  manifest: ParsedManifest,
  read: { digest: string; size: number; modifiedAt: number },
  sizeOf: (digest: string) => Promise<number | undefined>,
): Promise<ManifestReading> {
  const { mediaType } = manifest
  const references = isSchema1Type(mediaType)
    ? await sized(referencesOf(manifest), sizeOf)
    : referencesOf(manifest)
  if (references.some(({ size }) => size > MOST_BYTES))
    throw new InvalidManifest('it states a size that cannot be')
  return { ...read, mediaType, references }
}

/** Schema 1 lists the empty layer again and again. */
async function sized(
  references: Reference[],
  sizeOf: (digest: string) => Promise<number | undefined>,
): Promise<Reference[]> {
  const sizes = new Map<string, number>()
  for (const { digest } of references) if (!sizes.has(digest)) sizes.set(digest, (await sizeOf(digest)) ?? 0)
  return references.map((reference) => ({ ...reference, size: sizes.get(reference.digest) ?? 0 }))
}
