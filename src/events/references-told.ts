import type { Cluster, Redis } from 'ioredis'
import type { Delivery } from '../queue/jobs.ts'
import { timeOf } from './watch-instances.ts'

/** How often a process writes for a registry, at most, in ms. */
const WRITE_MS = 2_000

/** A manifest that always refers to something: every image has a config. An index may be empty. */
const IMAGE = /^application\/vnd\.(oci\.image|docker\.distribution)\.manifest\.v[12]\+json$/

/**
 * Keeps whether the pushes that a registry notifies of tell what a manifest references (`includereferences`). Each registry has
 * a sorted set with the times of the last push that told them (`with`) and of the last that did not (`without`), in epoch µs.
 */
export function makeReferencesTold({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const keyOf = (registry: string) => `${prefix}:{${registry}}:references-told`
  /** When each of them was written last, by the clock of `performance`. */
  const writtenAt = new Map<string, number>()

  async function note(registry: string, told: 'with' | 'without', at: number): Promise<void> {
    const key = `${registry} ${told}`
    if (performance.now() - (writtenAt.get(key) ?? Number.NEGATIVE_INFINITY) < WRITE_MS) return
    writtenAt.set(key, performance.now())
    await redis.zadd(keyOf(registry), 'GT', at, told)
  }

  return {
    /** Notes the last push of an image in each of these deliveries. */
    async watch(deliveries: readonly Delivery[]): Promise<void> {
      for (const { registry, receivedAt, events } of deliveries) {
        const event = events.findLast(isPush)
        const at = timeOf({ event, receivedAt })
        if (event !== undefined && at !== undefined)
          await note(registry, hasReferences(event) ? 'with' : 'without', at)
      }
    },

    /** Whether the last push told them; `undefined` if no image was pushed yet. */
    async of(registry: string): Promise<boolean | undefined> {
      const [told, untold] = await redis.zmscore(keyOf(registry), 'with', 'without')
      if (told == null && untold == null) return undefined
      return Number(told ?? 0) >= Number(untold ?? 0)
    },
  }
}
export type ReferencesTold = ReturnType<typeof makeReferencesTold>

/** Nothing of an event was checked yet: any value may stand anywhere. */
function isPush(event: unknown): boolean {
  const { action, target } = Object(event)
  const { mediaType } = Object(target)
  return action === 'push' && typeof mediaType === 'string' && IMAGE.test(mediaType)
}

const hasReferences = (event: unknown): boolean => {
  const { references } = Object(Object(event).target)
  return Array.isArray(references) && references.length > 0
}
