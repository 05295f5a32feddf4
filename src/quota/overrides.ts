import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { makeMoveField } from '../platform/move-field.ts'
import { scanHash } from '../platform/scan-hash.ts'
import type { QuotaOverride } from '../queue/alert.ts'

/** The limits that people have set at run time: the hash `<prefix>:quota-overrides`, project → override. `now` is epoch ms. */
export function makeOverrides(deps: { redis: Redis | Cluster; prefix: string; now: () => number }) {
  const { redis } = deps
  const key = `${deps.prefix}:quota-overrides`
  const removeScript = loadScript(redis, new URL('scripts/remove-override.lua', import.meta.url))

  const isInForce = ({ until }: QuotaOverride) => until === null || Date.parse(until) > deps.now()
  const moveField = makeMoveField(redis)

  const inForce = (text: string | null | undefined): QuotaOverride | undefined => {
    if (!text) return undefined
    const override: QuotaOverride = JSON.parse(text)
    return isInForce(override) ? override : undefined
  }

  return {
    /** Those in force, of these projects. */
    async of(projects: readonly string[]): Promise<Map<string, QuotaOverride>> {
      if (projects.length === 0) return new Map()
      const texts = await redis.hmget(key, ...projects)
      return withoutUndefined(projects.map((project, i) => [project, inForce(texts[i])]))
    },
    async all(): Promise<Map<string, QuotaOverride>> {
      return withoutUndefined(
        [...(await scanHash(redis, key))].map(([project, text]) => [project, inForce(text)]),
      )
    },
    async set(project: string, override: QuotaOverride): Promise<void> {
      await redis.hset(key, project, JSON.stringify(override))
    },
    /** Sets one of a snapshot, unless it has ended, or there is another one. */
    async restore(project: string, override: QuotaOverride): Promise<void> {
      if (isInForce(override)) await redis.hsetnx(key, project, JSON.stringify(override))
    },
    /** Gives the override of a project to another one, unless that has one. */
    move: (from: string, to: string): Promise<void> => moveField(key, from, to),
    /** Gives whether there was one. */
    remove: async (project: string): Promise<boolean> => (await redis.hdel(key, project)) === 1,
    /** Removes the override of a project if it has ended. */
    async forgetEnded(project: string): Promise<void> {
      const text = await redis.hget(key, project)
      if (text !== null && inForce(text) === undefined) await removeScript([key], [project, text])
    },
  }
}
export type Overrides = ReturnType<typeof makeOverrides>

const withoutUndefined = <K, V>(entries: readonly (readonly [K, V | undefined])[]): Map<K, V> =>
  new Map(entries.filter((entry): entry is readonly [K, V] => entry[1] !== undefined))
