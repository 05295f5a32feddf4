import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'
import { loadScript } from './lua-script.ts'

/** How long a turn lasts at most, in ms: its process may die. */
const LASTS_MS = 30_000

/** How often it is looked whether the turn has come, in ms. */
const LOOK_MS = 25

/**
 * Makes what lets one at a time do something, in all processes together. So who asks for a collection of a registry can look whether
 * one is under way, and then ask for one: nobody overtakes it in between.
 */
export function makeOneAtATime({
  redis,
  prefix,
  what,
}: {
  redis: Redis | Cluster
  prefix: string
  /** The end of its key. */
  what: string
}) {
  const release = loadScript(redis, new URL('scripts/release-lease.lua', import.meta.url))
  return async function oneAtATime<T>(of: string, act: () => Promise<T>): Promise<T> {
    const key = `${prefix}:{${of}}:${what}`
    const token = randomUUID()
    while ((await redis.set(key, token, 'PX', LASTS_MS, 'NX')) === null) await sleep(LOOK_MS)
    try {
      return await act()
    } finally {
      // Otherwise it expires.
      await release([key, key], [token]).catch(() => {})
    }
  }
}
export type OneAtATime = ReturnType<typeof makeOneAtATime>
