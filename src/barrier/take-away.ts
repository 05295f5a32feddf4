import pMap from 'p-map'
import { blobKey } from '../storage/layout.ts'
import type { RegistryStorage } from '../storage/storage.ts'

/** Blobs that one call deletes, and calls at a time. A call of this size takes well under half a second on all stores. */
const CHUNK = 100
const AT_ONCE = { concurrency: 8 }

/**
 * Deletes blobs until `isOver()`. A blob whose delete failed counts as deleted, since it may be.
 * `onTake` is told of each before that.
 * @returns those that were deleted, in the order given; the first error is thrown only if it was the first call
 */
export async function takeAway(
  storage: Pick<RegistryStorage, 'delete'>,
  digests: readonly string[],
  { isOver, onTake }: { isOver: () => boolean; onTake: (digests: readonly string[]) => void },
): Promise<{ taken: string[]; error: unknown }> {
  const taken: string[] = []
  let error: unknown
  await pMap(
    chunksOf(digests),
    async (chunk) => {
      if (error !== undefined || isOver()) return
      taken.push(...chunk)
      onTake(chunk)
      await storage.delete(chunk.map(blobKey)).catch((thrown: unknown) => {
        error ??= thrown
      })
    },
    AT_ONCE,
  )
  return { taken, error }
}

function* chunksOf(digests: readonly string[]): Generator<string[]> {
  for (let from = 0; from < digests.length; from += CHUNK) yield digests.slice(from, from + CHUNK)
}
