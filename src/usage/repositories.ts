import type { Cluster, Redis } from 'ioredis'
import { projectKeys } from './keys.ts'

/** The names of all repositories of a project that a fact named, also those that hold nothing now. */
export const makeRepositoriesOf =
  ({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) =>
  (project: string): Promise<string[]> =>
    redis.hkeys(projectKeys(prefix, project).repositories)
