import { blobKey } from '../storage/layout.ts'
import type { RegistryStorage } from '../storage/storage.ts'

/** Blobs that one call deletes, and that all calls of a round delete at the same time. */
const CHUNK = 100
const MOST = 800

/** Blobs of the first round, which tells how fast the store is. */
const FIRST = 20

/** How much of the time that is left a round may take, if the store is as fast as in the rounds before. */
const SHARE = 0.75

/**
 * Deletes blobs in rounds, each of as many as fit into what `leftMs` says then, in ms. A blob whose delete failed counts as deleted,
 * since it may be. `onTake` is told of each before that.
 * @returns those that were deleted: the first of those given. After an `error` nothing more is deleted
 */
export async function takeAway(
  storage: Pick<RegistryStorage, 'delete'>,
  digests: readonly string[],
  deps: { leftMs: () => number; onTake: (digests: readonly string[]) => void; clock: () => number },
): Promise<{ taken: readonly string[]; error: unknown }> {
  const { leftMs, onTake, clock } = deps
  let taken = 0
  let error: unknown
  /** A call takes its time also for a few blobs: no round is shorter than the shortest one. In ms. */
  let shortestMs = Number.POSITIVE_INFINITY
  let count = leftMs() > 0 ? FIRST : 0
  while (count > 0 && taken < digests.length && error === undefined) {
    const round = digests.slice(taken, taken + count)
    taken += round.length
    onTake(round)
    const begin = clock()
    const calls = Array.from(chunksOf(round), (chunk) => storage.delete(chunk.map(blobKey)))
    const failed = (await Promise.allSettled(calls)).find((call) => call.status === 'rejected')
    error = failed?.reason
    const ms = Math.max(clock() - begin, 1)
    shortestMs = Math.min(shortestMs, ms)
    const usableMs = leftMs() * SHARE
    count = usableMs < shortestMs ? 0 : Math.min(MOST, Math.floor((usableMs * round.length) / ms))
  }
  return { taken: digests.slice(0, taken), error }
}

function* chunksOf(digests: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < digests.length; from += CHUNK) yield digests.slice(from, from + CHUNK)
}
