import type { ManifestPresence, Reference, Sighting } from './fact.ts'
import { packList, type ReferenceList } from './reference-list.ts'

/**
 * Digest of a manifest → its references. Sightings may tell different ones: events lack the subject, and some lack sizes.
 * The greatest list counts, as `packList` orders them.
 */
export function listsByDigest(sightings: readonly Sighting[]): Map<string, ReferenceList> {
  const byDigest = new Map<string, ReferenceList>()
  for (const { digest, references, extent = 'contents' } of sightings as ManifestPresence[]) {
    if (references === undefined) continue
    const list = { references, extent }
    const other = byDigest.get(digest)
    if (other === undefined || Buffer.compare(packList(list), packList(other)) > 0) byDigest.set(digest, list)
  }
  return byDigest
}

export const blobsOf = ({ references = [] }: { references?: Reference[] | undefined }): Reference[] =>
  references.filter(({ kind }) => kind === 'blob')
