import type { Cluster, Redis } from 'ioredis'
import type { Fact } from '../usage/fact.ts'

/** Facts that remove something from a project. */
export interface Removals {
  project: string
  facts: Fact[]
}

/**
 * What a run finds before it has read everything, and needs at its end. It is in Redis, so a run that goes on after a kill
 * has it, too. There is one set of notes for each registry.
 */
export interface RunNotes {
  /** Holds facts back. One that is added twice does no harm: facts are idempotent. */
  addRemovals(registry: string, removals: Removals): Promise<void>
  /**
   * The removals, oldest first. Each is dropped after the loop's body is done with it. If another process has dropped it
   * meanwhile, nothing is dropped.
   */
  takeRemovals(registry: string): AsyncIterable<Removals>
  /** Notes a project in which something could not be read. */
  addUnread(registry: string, project: string): Promise<void>
  unread(registry: string): Promise<Set<string>>
  clear(registry: string): Promise<void>
}

export function makeRunNotes({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): RunNotes {
  const removalsKey = (registry: string) => `${prefix}:{${registry}}:removals`
  const unreadKey = (registry: string) => `${prefix}:{${registry}}:unread`
  return {
    async addRemovals(registry, removals) {
      await redis.rpush(removalsKey(registry), JSON.stringify(removals))
    },
    async *takeRemovals(registry) {
      const key = removalsKey(registry)
      for (let text = await redis.lindex(key, 0); text !== null; text = await redis.lindex(key, 0)) {
        yield JSON.parse(text)
        await redis.lrem(key, 1, text)
      }
    },
    async addUnread(registry, project) {
      await redis.sadd(unreadKey(registry), project)
    },
    async unread(registry) {
      return new Set(await redis.smembers(unreadKey(registry)))
    },
    async clear(registry) {
      await redis.del(removalsKey(registry), unreadKey(registry))
    },
  }
}
