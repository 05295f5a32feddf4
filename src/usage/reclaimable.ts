import { decodeBlob, decodeHolders } from './codec.ts'
import { type DeletionTarget, deletionOf, releasedKeys } from './deletion.ts'
import type { IndexedImage } from './indexed-image.ts'

export interface Reclaimable {
  bytes: number
  /** Digests, in the target's repository. */
  manifests: string[]
}

/** Reads the entries of contents in a table; an empty buffer for a content without one. */
type LookUp = (keys: readonly Buffer[]) => Promise<Buffer[]>

/** Contents that one call looks up. */
const BATCH = 1000

/**
 * What deleting a target would free. A content counts if the project would no longer hold it, and no other project of
 * the registry holds it. `undefined` if the project has no such target.
 */
export async function reclaimableOf(
  images: readonly IndexedImage[],
  target: DeletionTarget,
  { blobs, holders }: { blobs: LookUp; holders: LookUp },
): Promise<Reclaimable | undefined> {
  const deleted = deletionOf(images, target)
  if (deleted === undefined) return undefined
  const released = [...releasedKeys(images, deleted)].map((key) => Buffer.from(key, 'hex'))
  let bytes = 0
  for (let i = 0; i < released.length; i += BATCH) {
    const batch = released.slice(i, i + BATCH)
    const [records, holderLists] = await Promise.all([blobs(batch), holders(batch)])
    for (const [n, record] of records.entries()) {
      const holderList = holderLists[n]
      const isHeldByOthers =
        holderList !== undefined && holderList.length > 0 && decodeHolders(holderList).length > 1
      if (record.length > 0 && !isHeldByOthers) bytes += decodeBlob(record).size
    }
  }
  return { bytes, manifests: deleted.map(({ digest }) => digest) }
}
