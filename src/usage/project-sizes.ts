import type { Cluster, Redis } from 'ioredis'
import { projectKeys, registryKeys } from './keys.ts'
import { projectId } from './project.ts'

/** The sizes of a project by which lists are sorted, in bytes. */
export interface ProjectSizes {
  id: string
  uniqueBytes: number
  exclusiveBytes: number
}

interface Deps {
  redis: Redis | Cluster
  prefix: string
}

/** Projects that are read at once: some 2 ms of the event loop. */
const BATCH = 100

/** Yields the paths of a registry's projects in batches, in no order. */
async function* pathsOf({ redis, prefix }: Deps, registry: string): AsyncGenerator<string[]> {
  const { paths } = registryKeys(prefix, registry)
  // SSCAN may give a path twice.
  const seen = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = await redis.sscan(paths, cursor, 'COUNT', BATCH)
    const added = found.filter((path) => !seen.has(path) && seen.add(path))
    // A small set comes as a whole, whatever the COUNT.
    for (let i = 0; i < added.length; i += BATCH) yield added.slice(i, i + BATCH)
    cursor = next
  } while (cursor !== '0')
}

/** Yields the ids of a registry's projects in batches, in no order. */
export async function* projectIdsOf(deps: Deps, registry: string): AsyncGenerator<string[]> {
  for await (const paths of pathsOf(deps, registry)) yield paths.map((path) => projectId(registry, path))
}

/** Yields the sizes of a registry's projects in batches, in no order. Others write meanwhile. */
export async function* projectSizesOf(deps: Deps, registry: string): AsyncGenerator<ProjectSizes[]> {
  const { redis, prefix } = deps
  const keys = registryKeys(prefix, registry)
  for await (const paths of pathsOf(deps, registry)) {
    const [numbers, metas] = await Promise.all([
      redis.hmget(keys.projects, ...paths),
      Promise.all(
        paths.map((path) =>
          redis.hmget(projectKeys(prefix, projectId(registry, path)).meta, 'createdAt', 'unique'),
        ),
      ),
    ])
    // No project has the number ''.
    const exclusive = await redis.hmget(keys.exclusive, ...numbers.map((number) => number ?? ''))
    yield paths.flatMap((path, i) => {
      const [createdAt, unique] = metas[i] ?? []
      if (createdAt === null) return []
      const id = projectId(registry, path)
      return [{ id, uniqueBytes: Number(unique ?? 0), exclusiveBytes: Number(exclusive[i] ?? 0) }]
    })
  }
}
