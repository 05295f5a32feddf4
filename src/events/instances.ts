import type { Cluster, Redis } from 'ioredis'

/** The instances of each registry, by the `source.instanceID` of their events. A registry gets a new id at every start. */
export interface Instances {
  /** Takes the newest event time (epoch µs) of some instances. Gives the ids that are not remembered. */
  observe(registry: string, newest: ReadonlyMap<string, number>): Promise<string[]>
  remember(registry: string, instanceId: string, newest: number): Promise<void>
  /** The time of the newest event, epoch µs, up to a second behind, of all instances but one; 0 if no other is remembered. */
  lastEventAt(registry: string, except?: string): Promise<number>
  /** Those that are remembered, with the time of the newest event of each, epoch µs. */
  known(registry: string): Promise<Map<string, number>>
  /** How many of them have sent an event since `at`, epoch µs. */
  count(registry: string, at: number): Promise<number>
}

/** The number of instances remembered for each registry: the newest. */
const KEPT = 100

/** How often a process writes the newest event time of a remembered instance, at most, in ms. */
const WRITE_MS = 1_000

/** The number of instances in a process' cache. When it is full the cache is cleared. */
const CACHED = 1_000

/** Keeps a sorted set for each registry: instances by their newest event time, which only grows. */
export function makeInstances({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): Instances {
  const keyOf = (registry: string) => `${prefix}:{${registry}}:instances`
  /** When each remembered instance was last written, epoch ms. */
  const writtenAt = new Map<string, number>()
  const nameOf = (registry: string, instanceId: string) => `${registry} ${instanceId}`
  const noteWritten = (registry: string, instanceId: string) => {
    if (writtenAt.size >= CACHED) writtenAt.clear()
    writtenAt.set(nameOf(registry, instanceId), Date.now())
  }
  const isFresh = (registry: string, instanceId: string) =>
    Date.now() - (writtenAt.get(nameOf(registry, instanceId)) ?? 0) < WRITE_MS

  return {
    async observe(registry, newest) {
      const due = [...newest].filter(([instanceId]) => !isFresh(registry, instanceId))
      if (due.length === 0) return []
      const ids = due.map(([instanceId]) => instanceId)
      const reply = await redis
        .multi()
        .zadd(keyOf(registry), 'XX', 'GT', ...due.flatMap(([instanceId, at]) => [at, instanceId]))
        .zmscore(keyOf(registry), ...ids)
        .exec()
      for (const [error] of reply ?? []) if (error) throw error
      const scores = reply?.[1]?.[1]
      const isRemembered = ids.map((_, i) => Array.isArray(scores) && scores[i] !== null)
      for (const [i, instanceId] of ids.entries()) if (isRemembered[i]) noteWritten(registry, instanceId)
      return ids.filter((_, i) => !isRemembered[i])
    },
    async remember(registry, instanceId, newest) {
      await redis.zadd(keyOf(registry), 'GT', newest, instanceId)
      await redis.zremrangebyrank(keyOf(registry), 0, -KEPT - 1)
      noteWritten(registry, instanceId)
    },
    async lastEventAt(registry, except) {
      const [first, firstAt, , secondAt] = await redis.zrevrange(keyOf(registry), 0, 1, 'WITHSCORES')
      return Number((first === except ? secondAt : firstAt) ?? 0)
    },
    async known(registry) {
      const pairs = await redis.zrevrange(keyOf(registry), 0, -1, 'WITHSCORES')
      return new Map(pairs.flatMap((id, i) => (i % 2 === 0 ? [[id, Number(pairs[i + 1])] as const] : [])))
    },
    count: (registry, at) => redis.zcount(keyOf(registry), at, '+inf'),
  }
}
