import { decodeBlob, decodeHolders } from './codec.ts'
import { type DeletionTarget, deletionOf } from './deletion.ts'
import { digestKey } from './digest-key.ts'
import { type ImageRecord, indexedImage } from './read-repository.ts'

export interface Reclaimable {
  bytes: number
  /** Digests, in the target's repository. */
  manifests: string[]
}

/** Reads the entries of contents in a table; an empty buffer for a content without one. */
type LookUp = (keys: Buffer[]) => Promise<Buffer[]>

/** Contents that one call looks up. */
const BATCH = 200

/**
 * What deleting a target would free. A content counts if the project would no longer hold it, and no other project of
 * the registry holds it. `records` are the images of the target's repository. `undefined` if it has no such target.
 */
export async function reclaimableOf(
  records: readonly ImageRecord[],
  target: DeletionTarget,
  { blobs, holders }: { blobs: LookUp; holders: LookUp },
): Promise<Reclaimable | undefined> {
  const images = new Map(records.map((record) => [indexedImage(target.repository, record), record]))
  const deleted = deletionOf([...images.keys()], target)
  if (deleted === undefined) return undefined

  // Without those that another repository of the project has.
  const gone = deleted.filter((image) => images.get(image)?.manifest.images.length === 1)
  const goneKeys = new Set(gone.map(({ digest }) => digestKey(digest)))
  const claims = new Map<string, number>()
  for (const { references = [] } of gone)
    for (const key of new Set(references.filter(({ kind }) => kind === 'blob').map(({ key }) => key)))
      claims.set(key, (claims.get(key) ?? 0) + 1)

  const keys = [...new Set([...goneKeys, ...claims.keys()])]
  let bytes = 0
  for (let i = 0; i < keys.length; i += BATCH) {
    const batch = keys.slice(i, i + BATCH)
    const fields = batch.map((key) => Buffer.from(key, 'hex'))
    const [found, holderLists] = await Promise.all([blobs(fields), holders(fields)])
    for (const [n, key] of batch.entries()) {
      const record = found[n]
      if (record === undefined || record.length === 0) continue
      const { size, isManifest, claims: all } = decodeBlob(record)
      const isReleased = (!isManifest || goneKeys.has(key)) && all === (claims.get(key) ?? 0)
      if (isReleased && !isHeldByOthers(holderLists[n])) bytes += size
    }
  }
  return { bytes, manifests: deleted.map(({ digest }) => digest) }
}

function isHeldByOthers(holders: Buffer | undefined): boolean {
  if (holders === undefined || holders.length === 0) return false
  const numbers = decodeHolders(holders)
  return numbers === undefined || numbers.length > 1
}
