import type { Cluster, Redis } from 'ioredis'
import type { Rename } from './renames.ts'

/** The renames of each registry, for facts that arrive after a rename and are from before it. */
export interface RenameTable {
  /** In order of time. Renames that another process added show after `RENAMES_CACHED_MS`. */
  of(registry: string): Promise<readonly Rename[]>
  add(registry: string, rename: Rename): Promise<void>
}

/** How long a process keeps a registry's renames in memory, in ms. */
export const RENAMES_CACHED_MS = 2_000

/** How many renames of a registry are kept, the newest. A fact from before all of these comes far too late. */
const MAX_RENAMES = 1_000

/** Keeps a sorted set for each registry: `at from to` (none holds a space), by time in epoch µs. */
export function makeRenameTable({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): RenameTable {
  const keyOf = (registry: string) => `${prefix}:{${registry}}:renames`
  const cache = new Map<string, { readAt: number; renames: Promise<Rename[]> }>()

  async function read(registry: string): Promise<Rename[]> {
    const members = await redis.zrange(keyOf(registry), 0, '-1')
    return members.map((member) => {
      const [at, from = '', to = ''] = member.split(' ')
      return { from, to, at: Number(at) }
    })
  }

  return {
    of(registry) {
      const cached = cache.get(registry)
      if (cached !== undefined && Date.now() - cached.readAt < RENAMES_CACHED_MS) return cached.renames
      const renames = read(registry)
      cache.set(registry, { readAt: Date.now(), renames })
      renames.catch(() => cache.delete(registry))
      return renames
    },
    async add(registry, { from, to, at }) {
      const key = keyOf(registry)
      // The time is in the member, too, since the same names may be renamed again.
      await redis.zadd(key, at, `${at} ${from} ${to}`)
      await redis.zremrangebyrank(key, 0, -MAX_RENAMES - 1)
      cache.delete(registry)
    },
  }
}
