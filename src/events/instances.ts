import type { Cluster, Redis } from 'ioredis'

/** The running instances of each registry, by the `source.instanceID` of their events: a new one at every start. */
export interface Instances {
  /** Takes in the newest event time (epoch µs) of some instances; gives those that are not remembered. */
  observe(registry: string, newest: ReadonlyMap<string, number>): Promise<string[]>
  remember(registry: string, instanceId: string, newest: number): Promise<void>
  /** The newest event's time, epoch µs, up to a second behind; 0 where no instance is known. */
  lastEventAt(registry: string): Promise<number>
}

/** The newest this many of a registry are remembered. */
const KEPT = 100

/** A known instance's newest event time is written at most this often by a process, in ms. */
const WRITE_MS = 1_000

/** Instances that a process keeps in mind before it begins anew. */
const CACHED = 1_000

/** A sorted set for each registry: its instances by their newest event time, which never goes back. */
export function makeInstances({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): Instances {
  const keyOf = (registry: string) => `${prefix}:{${registry}}:instances`
  /** Known instances, by when they were last written: ms. */
  const known = new Map<string, number>()
  const nameOf = (registry: string, instanceId: string) => `${registry} ${instanceId}`
  const written = (registry: string, instanceId: string) => {
    if (known.size >= CACHED) known.clear()
    known.set(nameOf(registry, instanceId), Date.now())
  }
  const isFresh = (registry: string, instanceId: string) =>
    Date.now() - (known.get(nameOf(registry, instanceId)) ?? 0) < WRITE_MS

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
      const isKnown = ids.map((_, i) => Array.isArray(scores) && scores[i] !== null)
      for (const [i, instanceId] of ids.entries()) if (isKnown[i]) written(registry, instanceId)
      return ids.filter((_, i) => !isKnown[i])
    },
    async remember(registry, instanceId, newest) {
      await redis.zadd(keyOf(registry), 'GT', newest, instanceId)
      await redis.zremrangebyrank(keyOf(registry), 0, -KEPT - 1)
      written(registry, instanceId)
    },
    async lastEventAt(registry) {
      const [, score] = await redis.zrevrange(keyOf(registry), 0, 0, 'WITHSCORES')
      return Number(score ?? 0)
    },
  }
}
