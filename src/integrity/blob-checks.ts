/** A manifest of a repository. */
export interface Position {
  repository: string
  digest: string
}

/** The blobs that a reconcile over the API asks for, one by one. */
export interface BlobChecks extends ManifestChecks {
  /** Where the next run goes on; `undefined`: at the beginning. */
  next(): Position | undefined
}

export interface BlobRun extends ManifestChecks {
  /** To be called once the whole registry was read. */
  end(): Promise<void>
}

/** Which manifests have their blobs asked for, and how fast. */
export interface ManifestChecks {
  /** Whether the blobs of a manifest are asked for in this run. */
  takes(at: Position): boolean
  /** Told how many blobs of a manifest will be asked for. */
  spend(at: Position, blobs: number): void
  /** To be awaited before each request. */
  pace(): Promise<void>
}

/**
 * Gives a run its share of the manifests of a registry, in their order: those from `from` on, as long as the budget lasts. So
 * each has its turn after some runs. `compare` is the order of repositories. `now` is epoch ms.
 */
export function makeBlobChecks({
  budget,
  perSecond,
  from,
  compare,
  now,
  sleep,
}: {
  /** Blobs in one run. */
  budget: number
  /** Requests a second. */
  perSecond: number
  from: Position | undefined
  compare: (a: string, b: string) => number
  now: () => number
  sleep: (ms: number) => Promise<unknown>
}): BlobChecks {
  let left = budget
  let skipped: Position | undefined
  let nextAt = 0
  const order = (a: Position, b: Position) =>
    compare(a.repository, b.repository) || (a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0)

  return {
    takes(at) {
      if (from !== undefined && order(at, from) < 0) return false
      // Several repositories are read at a time: what was skipped first in their order is where the next run begins.
      if (left > 0) return true
      if (skipped === undefined || order(at, skipped) < 0) skipped = at
      return false
    },
    spend(_, blobs) {
      left -= blobs
    },
    async pace() {
      const wait = nextAt - now()
      nextAt = Math.max(nextAt, now()) + 1_000 / perSecond
      if (wait > 0) await sleep(wait)
    },
    next: () => skipped,
  }
}
