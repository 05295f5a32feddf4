import { type DeletionTarget, deletionOf } from './deletion.ts'
import type { IndexedImage } from './indexed-image.ts'
import type { Reclaim } from './read-reclaim.ts'

export interface Reclaimable {
  bytes: number
  /** Digests, in the target's repository. */
  manifests: string[]
}

/**
 * What deleting a target would free. A content counts if the project would no longer hold it, and no other project of
 * the registry holds it. `images` are those of the target's repository. `undefined` if it has no such target.
 */
export async function reclaimableOf(
  images: readonly IndexedImage[],
  target: DeletionTarget,
  reclaim: Reclaim,
): Promise<Reclaimable | undefined> {
  const deleted = deletionOf(images, target)
  if (deleted === undefined) return undefined
  await reclaim.load(deleted)
  return { bytes: reclaim.take(deleted).registryBytes, manifests: deleted.map(({ digest }) => digest) }
}
