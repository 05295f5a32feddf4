import type { Cluster, Redis } from 'ioredis'
import type { Rename } from './renames.ts'

/** Registries' renames, for facts that arrive after one and are about the time before. */
export interface RenameTable {
  /** In order of time. What another process has entered shows after `RENAMES_CACHED_MS`. */
  of(registry: string): Promise<readonly Rename[]>
  add(registry: string, rename: Rename): Promise<void>
}

/** How long a process may take a table from its memory, in ms. */
export const RENAMES_CACHED_MS = 2_000

/** The newest this many of a registry are kept: a fact that is older than those came far too late. */
const KEPT = 1_000

/** A sorted set for each registry: `at from to`, none of which holds a space, by time in epoch µs. */
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
      // The same names may be renamed again, so the time is a part of what is kept.
      await redis.zadd(key, at, `${at} ${from} ${to}`)
      await redis.zremrangebyrank(key, 0, -KEPT - 1)
      cache.delete(registry)
    },
  }
}
