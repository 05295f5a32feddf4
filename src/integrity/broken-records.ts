import type { Cluster, Redis } from 'ioredis'
import type { Position } from './blob-checks.ts'
import type { BrokenImage } from './broken-images.ts'

/** A broken image as it is recorded. */
export interface BrokenRecord extends BrokenImage {
  /** `registry/path` */
  project: string
  /** Since when it is known to be broken, and when that was seen last. RFC 3339 */
  since: string
  seenAt: string
}

/** Images of one registry that are recorded. More are not recorded. */
export const MOST_RECORDS = 1_000
/** Of one project: whoever may push can break images of their own, and must not hide those of others. */
export const MOST_OF_PROJECT = 200

/** What was told of a registry's broken images last. */
export interface Told {
  /** The digests of damaged contents. */
  digests: string[]
  /** Where contents were whole then, as `registry/repository`, by digest: of those for which that was looked for. */
  copies?: Record<string, string[]>
  /** When damage was told last, RFC 3339. Absent if none was. */
  at?: string | undefined
}

/**
 * The broken images of each registry, in the hash `broken`: a field for each image, and the fields `told` and `next`. It is derived: after
 * Redis has lost it, reconciles and scrubs find them again.
 */
export function makeBrokenRecords({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const keyOf = (registry: string) => `${prefix}:{${registry}}:broken`
  const fieldOf = ({ repository, digest }: Pick<BrokenImage, 'repository' | 'digest'>) =>
    `${repository}@${digest}`

  return {
    /** In order of repository and digest. */
    async all(registry: string): Promise<BrokenRecord[]> {
      const { [TOLD]: _, [NEXT]: __, ...fields } = await redis.hgetall(keyOf(registry))
      const names = Object.keys(fields).sort()
      return names.map((name): BrokenRecord => JSON.parse(fields[name] ?? 'null'))
    },

    async find(
      registry: string,
      image: Pick<BrokenImage, 'repository' | 'digest'>,
    ): Promise<BrokenRecord | undefined> {
      const text = await redis.hget(keyOf(registry), fieldOf(image))
      return text === null ? undefined : JSON.parse(text)
    },

    async set(registry: string, record: BrokenRecord): Promise<void> {
      await redis.hset(keyOf(registry), fieldOf(record), JSON.stringify(record))
    },

    async remove(registry: string, image: Pick<BrokenImage, 'repository' | 'digest'>): Promise<void> {
      await redis.hdel(keyOf(registry), fieldOf(image))
    },

    async told(registry: string): Promise<Told> {
      const text = await redis.hget(keyOf(registry), TOLD)
      return text === null ? { digests: [] } : JSON.parse(text)
    },

    /** Where the next reconcile over the API goes on to ask for blobs. */
    async next(registry: string): Promise<Position | undefined> {
      const text = await redis.hget(keyOf(registry), NEXT)
      return text === null ? undefined : JSON.parse(text)
    },

    async setNext(registry: string, next: Position | undefined): Promise<void> {
      if (next === undefined) await redis.hdel(keyOf(registry), NEXT)
      else await redis.hset(keyOf(registry), NEXT, JSON.stringify(next))
    },

    async setTold(registry: string, told: Told): Promise<void> {
      await redis.hset(keyOf(registry), TOLD, JSON.stringify(told))
    },
  }
}
export type BrokenRecords = ReturnType<typeof makeBrokenRecords>

/** The names of no repository's image: those have an `@`. */
const TOLD = 'told'
const NEXT = 'next'
