import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import type { Delivery } from '../queue/jobs.ts'

/** How many events were taken of each registry: the other side of what a registry counts as delivered. */
export interface Taken {
  /**
   * Counts the events of deliveries, each once. Call it before they are acknowledged, so that no registry counts an event as
   * delivered that is not counted here.
   */
  add(deliveries: readonly Delivery[]): Promise<void>
  of(registry: string): Promise<number>
}

/**
 * The ids of events that are remembered of a registry, the newest: some 700 kB. A registry repeats the event at the head of its
 * queue, so no other event of the same process comes between two copies but those on their way at the same time.
 */
const REMEMBERED = 5_000

/** The longest part of an id that is looked at, in characters. Registries send UUIDs. */
const LONGEST_ID = 128

/** Counts for the registries whose deliveries are audited; for others it does nothing. `now`: epoch ms. */
export function makeTaken(deps: {
  redis: Redis | Cluster
  prefix: string
  registries: ReadonlySet<string>
  now: () => number
}): Taken {
  const { redis, prefix, registries } = deps
  const keysOf = (registry: string) => [`${prefix}:{${registry}}:taken-ids`, `${prefix}:{${registry}}:taken`]
  const count = loadScript(redis, new URL('scripts/count-taken.lua', import.meta.url))
  return {
    async add(deliveries) {
      const audited = deliveries.filter(({ registry }) => registries.has(registry))
      const byRegistry = Map.groupBy(audited, ({ registry }) => registry)
      await Promise.all(
        [...byRegistry].map(([registry, own]) => {
          const ids = own.flatMap(({ events }) => events.map(idOf)).filter((id) => id !== undefined)
          const all = own.reduce((sum, { events, unread = [] }) => sum + events.length + unread.length, 0)
          return count(keysOf(registry), [deps.now(), REMEMBERED, all - ids.length, ...ids])
        }),
      )
    },
    async of(registry) {
      const [, counter = ''] = keysOf(registry)
      return Number(await redis.get(counter))
    },
  }
}

/** An event without one counts each time that it comes. */
function idOf(event: unknown): string | undefined {
  const id = typeof event === 'object' && event !== null && 'id' in event ? event.id : undefined
  return typeof id === 'string' && id !== '' ? id.slice(0, LONGEST_ID) : undefined
}
