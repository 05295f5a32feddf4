import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'

/** How long a turn lasts at most, in ms: its process may die. */
const LASTS_MS = 30_000

/** How often it is looked whether the turn has come, in ms. */
const LOOK_MS = 25

/**
 * Makes what lets one request at a time ask for a collection of a registry, in all processes together: who looks whether one is
 * under way and then asks for one must not be overtaken in between.
 */
export function makeOneAtATime({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const release = loadScript(redis, new URL('scripts/release-lease.lua', import.meta.url))
  return async function oneAtATime<T>(registry: string, ask: () => Promise<T>): Promise<T> {
    const key = `${prefix}:{${registry}}:collection-asking`
    const token = randomUUID()
    while ((await redis.set(key, token, 'PX', LASTS_MS, 'NX')) === null) await sleep(LOOK_MS)
    try {
      return await ask()
    } finally {
      // Otherwise it expires.
      await release([key, key], [token]).catch(() => {})
    }
  }
}
export type OneAtATime = ReturnType<typeof makeOneAtATime>
