import type { Cluster, Redis } from 'ioredis'

/** While a snapshot is restored, this Redis key holds its key: from before the first fact until after the last. */
export const restoringKeyOf = (prefix: string): string => `${prefix}:restoring`

/** Whether the restore of a snapshot is not finished: the index is not whole then. */
export const isRestoring = async ({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) =>
  (await redis.exists(restoringKeyOf(prefix))) === 1
