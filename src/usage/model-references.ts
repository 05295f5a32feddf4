import { digestKey } from './codec.ts'
import {
  believableSize,
  type ManifestPresence,
  type ManifestReferences,
  type Reference,
  type Sighting,
} from './fact.ts'

/** The references of a manifest as one sighting tells them. */
type ReferenceList = Required<ManifestReferences>

/**
 * Digest of a manifest → its references. Sightings may tell different ones: events lack the subject, and some lack sizes.
 * The greatest list counts, by extent, then by total size, then byte by byte as `scripts/project.lua` stores it.
 */
export function listsByDigest(sightings: readonly Sighting[]): Map<string, ReferenceList> {
  const byDigest = new Map<string, ReferenceList>()
  for (const { digest, references, extent = 'contents' } of sightings as ManifestPresence[]) {
    if (references === undefined) continue
    const list = { references, extent }
    const other = byDigest.get(digest)
    if (other === undefined || isGreater(rankOf(list), rankOf(other))) byDigest.set(digest, list)
  }
  return byDigest
}

/** What lists are compared by, in order. */
function rankOf({ references, extent }: ReferenceList): (number | string)[] {
  const ofKind = (wanted: Reference['kind']) => references.filter(({ kind }) => kind === wanted)
  const kinds = (['blob', 'child', 'subject'] as const).map(ofKind)
  const sizes = ofKind('blob').map(({ size }) => believableSize(size))
  const width = sizes.reduce((bytes, size) => Math.max(bytes, Math.ceil(Math.log2(size + 1) / 8)), 1)
  return [
    extent === 'all' ? 2 : 1,
    contentsSizeOf(references),
    ...kinds.map(({ length }) => length),
    width,
    ...kinds.flat().map(({ digest }) => digestKey(digest)),
    ...sizes,
  ]
}

function isGreater(rank: readonly (number | string)[], other: readonly (number | string)[]): boolean {
  const n = rank.findIndex((value, i) => value !== other[i])
  const [a, b] = [rank[n], other[n]]
  return a !== undefined && b !== undefined && a > b
}

export const blobsOf = ({ references = [] }: { references?: Reference[] | undefined }): Reference[] =>
  references.filter(({ kind }) => kind === 'blob')

/** Bytes that a manifest states for its config and layers. One that is listed twice counts twice. */
export const contentsSizeOf = (references: Reference[] | undefined): number =>
  blobsOf({ references }).reduce((sum, { size }) => sum + believableSize(size), 0)
