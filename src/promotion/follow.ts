import type { Cluster, Redis } from 'ioredis'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { FollowJob } from '../queue/jobs.ts'
import type { TaggedImage } from './match.ts'

/** Where a manifest was promoted to. */
const Place = Type.Object({ registry: Type.String(), repository: Type.String() })
type Place = Static<typeof Place>

/** Of one manifest. */
const MOST_PLACES = 100

/**
 * Remembers where manifests were promoted to, so that what is pushed later and refers to them follows:
 * `<prefix>:promoted:<registry>/<repository>@<digest>`, a set of places, which expires. A Redis that loses its data
 * forgets it; `tallyman promotion audit` then finds what is missing at the target.
 */
export function makeFollowed({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const keyOf = (from: Omit<TaggedImage, 'tag'>, digest: string) =>
    `${prefix}:promoted:${from.registry}/${from.repository}@${digest}`

  return {
    /** Remembers a copy of each of the manifests for `ms`. */
    async add(
      from: Omit<TaggedImage, 'tag'>,
      digests: readonly string[],
      to: Place,
      ms: number,
    ): Promise<void> {
      const place = JSON.stringify({ registry: to.registry, repository: to.repository })
      for (const digest of digests) {
        const key = keyOf(from, digest)
        if ((await redis.scard(key)) >= MOST_PLACES) await redis.spop(key)
        await redis.sadd(key, place)
        // A promotion by another rule may be followed for longer.
        await redis.pexpire(key, ms, 'NX')
        await redis.pexpire(key, ms, 'GT')
      }
    },

    /** What is to be copied once something refers to `digest`. */
    async jobsFor(from: Omit<TaggedImage, 'tag'>, digest: string): Promise<FollowJob[]> {
      const places = await redis.smembers(keyOf(from, digest))
      return places.map((text) => ({
        ...{ kind: 'follow', registry: from.registry, repository: from.repository, subject: digest },
        to: Value.Parse(Place, JSON.parse(text)),
      }))
    },
  }
}
export type Followed = ReturnType<typeof makeFollowed>
