import pMap from 'p-map'
import { blobKey } from '../storage/layout.ts'
import type { RegistryStorage } from '../storage/storage.ts'

/** Blobs that one call deletes, and calls at a time. A call of this size takes well under half a second on all stores. */
const CHUNK = 100
const AT_ONCE = { concurrency: 8 }

/**
 * Deletes blobs until `isOver` says that no further call fits. It is given how long the slowest call took till now, in ms.
 * A blob whose delete failed counts as deleted, since it may be. `onTake` is told of each before that.
 * @returns those that were deleted, in the order given; the first error is thrown only if it was the first call
 */
export async function takeAway(
  storage: Pick<RegistryStorage, 'delete'>,
  digests: readonly string[],
  deps: {
    isOver: (callMs: number) => boolean
    onTake: (digests: readonly string[]) => void
    now: () => number
  },
): Promise<{ taken: string[]; error: unknown }> {
  const { isOver, onTake, now } = deps
  const taken: string[] = []
  let slowestMs = 0
  let error: unknown
  await pMap(
    chunksOf(digests),
    async (chunk) => {
      if (error !== undefined || isOver(slowestMs)) return
      taken.push(...chunk)
      onTake(chunk)
      const sentAt = now()
      await storage.delete(chunk.map(blobKey)).catch((thrown: unknown) => {
        error ??= thrown
      })
      slowestMs = Math.max(slowestMs, now() - sentAt)
    },
    AT_ONCE,
  )
  return { taken, error }
}

function* chunksOf(digests: readonly string[]): Generator<string[]> {
  for (let from = 0; from < digests.length; from += CHUNK) yield digests.slice(from, from + CHUNK)
}
