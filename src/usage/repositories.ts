import type { Cluster, Redis } from 'ioredis'
import { projectKeys } from './keys.ts'

/** Every repository that the index ever heard of in a project. */
export const makeRepositoriesOf =
  ({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) =>
  (project: string): Promise<string[]> =>
    redis.hkeys(projectKeys(prefix, project).repositories)
