import type { Cluster, Redis } from 'ioredis'
import pMap from 'p-map'
import type { RegistryClient } from '../../registry/client.ts'
import { isDigest } from '../../registry/digest.ts'
import { RegistryError } from '../../registry/registry-error.ts'
import type { IndexedImage } from '../../usage/indexed-image.ts'
import type { Details, Entry } from './details.ts'
import { makeDetailsCache } from './details-cache.ts'
import { detailsOf } from './details-of.ts'
import { readDetails } from './read-details.ts'

/** How much of registries is read anew: images, and until when a read may begin (epoch µs). Each read counts in it. */
export interface ReadBudget {
  reads: number
  until: number
}

/** The images that are read at a time. */
const AT_ONCE = 4
/** The images whose details are written together. */
const BATCH = 100
/** Failures one after the other before a registry is left alone, and for how long, in µs. */
const MOST_FAILURES = 10
const PAUSE_US = 60_000_000

export interface DetailsRequest {
  registry: string
  project: string
  repository: string
  /** All images of the repository: the details of others are forgotten. */
  images: readonly IndexedImage[]
  /** Labels cost a second request for each image. */
  wants: { labels: boolean }
}

/**
 * What the index does not have of images. Content that a digest names never changes, so it is read once, and kept in Redis.
 * `now` is a clock in epoch µs.
 */
export function makeDetails(deps: {
  redis: Redis | Cluster
  prefix: string
  /** `undefined` for a registry that must not be asked: a pull-through cache fetches each manifest that is read. */
  clientOf: (registry: string) => RegistryClient | undefined
  now: () => number
}) {
  const { now } = deps
  const cache = makeDetailsCache(deps)
  const failures = new Map<string, { inARow: number; pausedUntil: number }>()

  /** What one plan may read: a minute, or 2,000 images. */
  const budget = (): ReadBudget => ({ reads: 2_000, until: now() + 60_000_000 })

  function noteFailure(registry: string): void {
    const inARow = (failures.get(registry)?.inARow ?? 0) + 1
    failures.set(registry, { inARow, pausedUntil: inARow < MOST_FAILURES ? 0 : now() + PAUSE_US })
  }

  /** Reads images into `entries`, until the budget is spent or the registry fails too often. */
  async function read(
    { registry, project, repository, wants }: DetailsRequest,
    client: RegistryClient,
    digests: readonly string[],
    entries: Map<string, Entry>,
    left: ReadBudget,
  ) {
    const mayRead = () =>
      left.reads > 0 && now() < left.until && (failures.get(registry)?.pausedUntil ?? 0) <= now()
    async function readOne(digest: string): Promise<[string, Entry] | undefined> {
      if (!mayRead()) return undefined
      left.reads -= 1
      try {
        const entry = await readDetails(client, { repository, digest }, wants, now())
        failures.delete(registry)
        // What was known before may not be there any more.
        return [digest, { ...entries.get(digest), ...entry }]
      } catch (error) {
        if (!(error instanceof RegistryError)) throw error
        noteFailure(registry)
        return undefined
      }
    }
    for (let from = 0; from < digests.length && mayRead(); from += BATCH) {
      const results = await pMap(digests.slice(from, from + BATCH), readOne, { concurrency: AT_ONCE })
      const batch = new Map(results.filter((result) => result !== undefined))
      await cache.save(project, repository, batch)
      for (const [digest, entry] of batch) entries.set(digest, entry)
    }
  }

  /** The details that are known already. Asks no registry. */
  async function known({ project, repository, images }: Omit<DetailsRequest, 'registry' | 'wants'>) {
    const digests = images.map(({ digest }) => digest)
    return detailsOf(images, await cache.load(project, repository, digests))
  }

  /**
   * The details of these images, by digest. Those that are not known are read from the registry, as far as the budget goes;
   * a plan over many repositories passes one budget. An image that is not in the map is not known: it may be in a later call.
   * @throws if Redis fails
   */
  async function of(request: DetailsRequest, left = budget()): Promise<ReadonlyMap<string, Details>> {
    const { registry, project, repository, images, wants } = request
    const client = deps.clientOf(registry)
    if (client === undefined) return new Map()
    const digests = images.map(({ digest }) => digest).filter(isDigest)
    const entries = await cache.load(project, repository, digests)
    await cache.prune(project, repository, digests)
    const isToRead = (digest: string) => {
      const { details, retryAt = 0 } = entries.get(digest) ?? {}
      const isComplete = details !== undefined && (!wants.labels || details.labels !== undefined)
      return !isComplete && retryAt <= now()
    }
    await read(request, client, digests.filter(isToRead), entries, left)
    return detailsOf(images, entries)
  }

  return { budget, known, of }
}
export type DetailsReader = ReturnType<typeof makeDetails>
