import type { Cluster, Redis } from 'ioredis'
import type { Rename } from '../usage/renames.ts'

/**
 * The number of renames of one registry that are followed in an hour. People rename a few repositories a day. Each costs a
 * look at every project of the registry, and a reconcile.
 */
export const RENAMES_PER_HOUR = 60

const HOUR_MS = 3_600_000

/** Why a rename is not followed, as a sentence; `undefined` if it is. Asked again for the same rename, it says the same. */
export type RefuseRename = (registry: string, rename: Rename) => Promise<string | undefined>

/**
 * Lets through the renames of registries that are configured to send them, up to a number an hour. A webhook token is in
 * the configuration of a registry that belongs to somebody else.
 */
export function makeRenameGate(deps: {
  redis: Redis | Cluster
  prefix: string
  /** The registries with `renames: true`. */
  registries: ReadonlySet<string>
}): RefuseRename {
  const { redis, prefix, registries } = deps
  return async (registry, { from, to, at }) => {
    if (!registries.has(registry))
      return `a rename, from a registry without registries.${registry}.renames in the configuration`
    const key = `${prefix}:{${registry}}:renames:${Math.floor(Date.now() / HOUR_MS)}`
    const member = `${at} ${from} ${to}`
    const isNew = (await redis.sadd(key, member)) === 1
    await redis.pexpire(key, HOUR_MS)
    if (!isNew || (await redis.scard(key)) <= RENAMES_PER_HOUR) return undefined
    await redis.srem(key, member)
    return `a rename, after ${RENAMES_PER_HOUR} others in this hour`
  }
}
