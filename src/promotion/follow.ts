import type { Cluster, Redis } from 'ioredis'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { FollowJob, PromotionJob } from '../queue/jobs.ts'
import type { TaggedImage } from './match.ts'

/** Where an image was promoted to, and by which rule. */
const Place = Type.Object({
  rule: Type.String(),
  project: Type.String(),
  /** Its tag at the source. */
  tag: Type.String(),
  /** The image. What belongs to it has its places, too. */
  digest: Type.String(),
  to: Type.Object({ registry: Type.String(), repository: Type.String(), tag: Type.String() }),
})
type Place = Static<typeof Place>

/** `at`: when the image was promoted there for the last time, epoch ms. */
export type DatedPlace = Place & { at: number }

/** The place that a promotion leads to; `undefined` if no rule asked for it. */
export const placeOf = ({ rule, project, tag, digest, to }: PromotionJob): Place | undefined =>
  rule === undefined || tag === undefined ? undefined : { rule, project, tag, digest, to }

type Source = Omit<TaggedImage, 'tag'>

/** Of one manifest. */
const MOST_PLACES = 100

/**
 * Remembers where images were promoted to, so that what is pushed later and belongs to them follows. Of each manifest of an image,
 * and of each that refers to it: `<prefix>:followed:<registry>/<repository>@<digest>`, a hash of places and times, which expires. A
 * Redis that loses its data forgets it; `tallyman promotion audit` then finds what is missing at the target.
 */
export function makeFollowed({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const keyOf = ({ registry, repository }: Source, digest: string) =>
    `${prefix}:followed:${registry}/${repository}@${digest}`

  async function placesOf(from: Source, digest: string): Promise<DatedPlace[]> {
    const places = await redis.hgetall(keyOf(from, digest))
    return Object.entries(places).map(([text, at]) => ({
      ...Value.Parse(Place, JSON.parse(text)),
      at: Number(at),
    }))
  }

  return {
    /** Remembers for each of the manifests that the image was promoted there, for `ms` after that. */
    async add(
      from: Source,
      digests: readonly string[],
      { at, rule, project, tag, digest, to }: DatedPlace,
      ms: number,
    ): Promise<void> {
      const { registry, repository } = to
      const place = JSON.stringify({ rule, project, tag, digest, to: { registry, repository, tag: to.tag } })
      for (const manifest of digests) {
        const key = keyOf(from, manifest)
        const places = (await redis.hlen(key)) < MOST_PLACES ? [] : await redis.hkeys(key)
        if (places.length > 0) await redis.hdel(key, ...places.slice(0, 1))
        await redis.hset(key, place, at)
        // A promotion by another rule may be followed for longer.
        await redis.pexpireat(key, at + ms, 'NX')
        await redis.pexpireat(key, at + ms, 'GT')
      }
    },

    placesOf,

    /** What is to be copied once something refers to `manifest`: all that belongs to its image, at each place. */
    async jobsFor(from: Source, manifest: string): Promise<FollowJob[]> {
      const { registry, repository } = from
      const jobs = (await placesOf(from, manifest)).map(({ digest, to }): FollowJob => {
        const target = { registry: to.registry, repository: to.repository }
        return { kind: 'follow', registry, repository, subject: digest, to: target }
      })
      return [...new Map(jobs.map((job) => [JSON.stringify(job), job])).values()]
    },
  }
}
export type Followed = ReturnType<typeof makeFollowed>
