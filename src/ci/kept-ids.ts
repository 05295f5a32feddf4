import type { Cluster, Redis } from 'ioredis'
import { scanHash } from '../platform/scan-hash.ts'
import { firstIdsKey } from './first-ids.ts'

/** The ids that projects of issuers had first, as a snapshot has them. A project is its issuer's URL and its path, with a space. */
export function makeKeptIds({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const key = firstIdsKey(prefix)
  return {
    all: (): Promise<Map<string, string>> => scanHash(redis, key),
    /** Puts one back, unless the project was seen again since. */
    async restore(project: string, id: string): Promise<void> {
      await redis.hsetnx(key, project, id)
    },
  }
}
export type KeptIds = ReturnType<typeof makeKeptIds>
