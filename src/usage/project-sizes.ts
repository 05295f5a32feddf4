import type { Cluster, Redis } from 'ioredis'
import { sendTogether } from '../platform/send-together.ts'
import { projectKeys, registryKeys } from './keys.ts'
import { projectId, splitProjectId } from './project.ts'
import { type ProjectUsage, usageFrom } from './usage.ts'

export const SIZES = ['uniqueBytes', 'exclusiveBytes', 'referencedBytes', 'unreferencedBytes'] as const

/** What a project holds, in bytes (docs/usage.md, What is counted). */
export type Sizes = Record<(typeof SIZES)[number], number>

export interface ProjectSizes extends Sizes {
  id: string
  tags: number
  /** epoch µs, 0 for never */
  lastPushAt: number
  /** epoch µs, 0 for never */
  lastPullAt: number
}

interface Deps {
  redis: Redis | Cluster
  prefix: string
}

/** Projects that are read at once: one or two ms of the event loop. */
const BATCH = 100

/** Yields the ids of a registry's projects in batches, in no order. */
export async function* projectIdsOf({ redis, prefix }: Deps, registry: string): AsyncGenerator<string[]> {
  const { paths } = registryKeys(prefix, registry)
  // SSCAN may give a path twice.
  const seen = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = await redis.sscan(paths, cursor, 'COUNT', BATCH)
    const ids = found.flatMap((path) => (seen.has(path) ? [] : [projectId(registry, path)]))
    for (const path of found) seen.add(path)
    // A small set comes as a whole, whatever the COUNT.
    for (let i = 0; i < ids.length; i += BATCH) yield ids.slice(i, i + BATCH)
    cursor = next
  } while (cursor !== '0')
}

const FIELDS = ['createdAt', 'unique', 'referenced', 'unreferenced', 'tags', 'lastPush', 'lastPull']

/** Yields the sizes of a registry's projects in batches, in no order. Others write meanwhile. */
export async function* projectSizesOf(deps: Deps, registry: string): AsyncGenerator<ProjectSizes[]> {
  for await (const ids of projectIdsOf(deps, registry)) {
    const [metas, exclusive] = await Promise.all([
      sendTogether(
        deps.redis,
        ids.map((id) => ['HMGET', projectKeys(deps.prefix, id).meta, ...FIELDS]),
      ),
      exclusiveBytesOf(deps, registry, ids),
    ])
    yield ids.flatMap((id, i) => {
      const [createdAt, ...numbers] = listOf(metas[i])
      if (createdAt === null) return []
      const [uniqueBytes = 0, referencedBytes = 0, unreferencedBytes = 0, ...others] = numbers.map(Number)
      const [tags = 0, lastPushAt = 0, lastPullAt = 0] = others
      const sizes = { uniqueBytes, exclusiveBytes: exclusive[i] ?? 0, referencedBytes, unreferencedBytes }
      return [{ id, ...sizes, tags, lastPushAt, lastPullAt }]
    })
  }
}

/** The usage of each of these projects, in their order; `undefined` for one of which no fact was ever applied. */
export async function usagesOf(deps: Deps, ids: readonly string[]): Promise<(ProjectUsage | undefined)[]> {
  const usages = new Map<string, ProjectUsage>()
  for (let from = 0; from < ids.length; from += BATCH) {
    const byRegistry = Map.groupBy(ids.slice(from, from + BATCH), (id) => splitProjectId(id).registry)
    for (const [registry, batch] of byRegistry) {
      const [metas, exclusive] = await Promise.all([
        sendTogether(
          deps.redis,
          batch.map((id) => ['HGETALL', projectKeys(deps.prefix, id).meta]),
        ),
        exclusiveBytesOf(deps, registry, batch),
      ])
      for (const [i, id] of batch.entries()) {
        const meta = recordOf(listOf(metas[i]))
        if (meta.createdAt !== undefined) usages.set(id, usageFrom(id, meta, exclusive[i] ?? 0))
      }
    }
  }
  return ids.map((id) => usages.get(id))
}

async function exclusiveBytesOf({ redis, prefix }: Deps, registry: string, ids: readonly string[]) {
  const { projects, exclusive } = registryKeys(prefix, registry)
  const numbers = await redis.hmget(projects, ...ids.map((id) => splitProjectId(id).path))
  // No project has the number ''.
  return (await redis.hmget(exclusive, ...numbers.map((number) => number ?? ''))).map(Number)
}

const listOf = (reply: unknown): (string | null)[] => (Array.isArray(reply) ? reply : [])

/** The fields and values of a raw reply to HGETALL. */
const recordOf = (items: readonly (string | null)[]): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: items.length / 2 }, (_, n) => [items[2 * n] ?? '', items[2 * n + 1] ?? '']),
  )
