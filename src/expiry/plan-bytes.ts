import { inPieces } from '../platform/in-pieces.ts'
import type { Pieces } from '../platform/pieces.ts'
import type { Freed, ImageId, Reclaim } from '../usage/read-reclaim.ts'
import type { Decision } from './decision.ts'

/**
 * Adds to the decisions on a repository what each of its deletes frees, given those that come before it in the plan: in this
 * repository, and in those that `reclaim` was told of before. So the bytes of all images add up to those of the plan.
 */
export async function withBytes(decisions: readonly Decision[], reclaim: Reclaim): Promise<Decision[]> {
  await reclaim.load(decisions.filter(({ verdict }) => verdict === 'delete'))
  return inPieces(addBytes(decisions, reclaim))
}

function* addBytes(decisions: readonly Decision[], reclaim: Pick<Reclaim, 'take'>): Pieces<Decision[]> {
  const all: Decision[] = []
  for (const decision of decisions) {
    if (decision.verdict === 'keep') all.push(decision)
    // An image that stays for other tags keeps its bytes.
    else if (decision.verdict === 'untag') all.push({ ...decision, reclaimableBytes: 0, uniqueBytes: 0 })
    else {
      const { registryBytes, uniqueBytes } = reclaim.take([decision])
      all.push({ ...decision, reclaimableBytes: registryBytes, uniqueBytes })
    }
    yield
  }
  return all
}

/** Deletes images, and gives what that frees. */
export function* takeAll(images: Iterable<ImageId>, reclaim: Pick<Reclaim, 'take'>): Pieces<Freed> {
  const total: Freed = { uniqueBytes: 0, registryBytes: 0 }
  for (const image of images) {
    const freed = reclaim.take([image])
    total.uniqueBytes += freed.uniqueBytes
    total.registryBytes += freed.registryBytes
    yield
  }
  return total
}
