import { isSchema1Type, type ParsedManifest } from '../registry/manifest.ts'
import { InvalidManifest } from '../registry/registry-error.ts'
import type { Reference } from '../usage/fact.ts'
import { referencesOf } from '../usage/references-of.ts'
import type { ManifestReading } from './reading.ts'

/** 128 TiB: the largest size that the index can hold, and the largest that events may state. */
const MOST_BYTES = 2 ** 47

/**
 * A manifest that was read, with all its references. Schema 1 states no sizes, so the size of each of its layers comes
 * from `sizeOf`. A layer that does not exist has size 0.
 * @throws InvalidManifest if it states a size over 128 TiB
 */
export async function manifestReading(
  manifest: ParsedManifest,
  read: { digest: string; size: number; modifiedAt: number },
  sizeOf: (digest: string) => Promise<number | undefined>,
): Promise<ManifestReading> {
  const { mediaType } = manifest
  const stated = referencesOf(manifest)
  const references = isSchema1Type(mediaType) ? await withSizes(stated, sizeOf) : stated
  if (references.some(({ size }) => size > MOST_BYTES))
    throw new InvalidManifest('it states a size of more than 128 TiB')
  return { ...read, mediaType, references }
}

/** Asks for the size of each digest once: schema 1 repeats the empty layer. */
async function withSizes(
  references: Reference[],
  sizeOf: (digest: string) => Promise<number | undefined>,
): Promise<Reference[]> {
  const sizes = new Map<string, number>()
  for (const { digest } of references) if (!sizes.has(digest)) sizes.set(digest, (await sizeOf(digest)) ?? 0)
  return references.map((reference) => ({ ...reference, size: sizes.get(reference.digest) ?? 0 }))
}
