import type { Cluster, Redis } from 'ioredis'

export const firstIdsKey = (prefix: string): string => `${prefix}:ci:project-ids`

/**
 * Keeps the id that each project of an issuer had when it was first seen. A project that is deleted and created again at the
 * same path, perhaps by others, has another id.
 */
export function makeFirstIds({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const key = firstIdsKey(prefix)
  /** The id with which a project was first seen, which is `id` if it was never seen. `issuer` is its URL. */
  return async ({
    issuer,
    project,
    id,
  }: {
    issuer: string
    project: string
    id: string
  }): Promise<string> => {
    const field = `${issuer} ${project}`
    await redis.hsetnx(key, field, id)
    return (await redis.hget(key, field)) ?? id
  }
}
export type FirstIdOf = ReturnType<typeof makeFirstIds>
