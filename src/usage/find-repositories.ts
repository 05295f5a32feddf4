import type { Cluster, Redis } from 'ioredis'
import type { LuaScript } from '../platform/lua-script.ts'
import { decodeHolders } from './codec.ts'
import { digestKey } from './digest-key.ts'
import { registryKeys, scriptKeys, tableKeys } from './keys.ts'
import { projectId } from './project.ts'

/** Repositories that are wanted. */
const WANTED = 3

/** Projects of which each is asked for its repositories, in one call. */
const MOST_PROJECTS = 6

/** How often the numbers of a registry's projects are read anew for one that is not known, in ms. */
const READ_MS = 60_000

/** The projects of a registry by their number, which they keep. */
interface Paths {
  readAt: number
  byNumber: ReadonlyMap<number, string>
}

/**
 * Makes a function that finds up to three repositories of a registry that have a blob, in a bounded number of calls to Redis.
 * It finds no blob that no manifest references. Of a project with more than 20 repositories, or 50 manifests, it looks at so
 * many only (scripts/find-repositories.lua). Of a new project it may hear a minute late.
 */
export function makeFindRepositories(deps: {
  redis: Redis | Cluster
  prefix: string
  /** `scripts/lookup.lua`, `scripts/page.lua` and `scripts/find-repositories.lua` */
  lookUp: LuaScript
  page: LuaScript
  findIn: LuaScript
  /** epoch ms */
  now: () => number
}): (registry: string, digest: string) => Promise<string[]> {
  const { redis, prefix, now } = deps
  const pathsOf = new Map<string, Paths>()

  async function pathsWith(registry: string, numbers: readonly number[]): Promise<string[]> {
    const known = pathsOf.get(registry)
    const isLacking = numbers.some((number) => !known?.byNumber.has(number))
    if (!known || (isLacking && now() - known.readAt >= READ_MS)) {
      const all = await redis.hgetall(registryKeys(prefix, registry).projects)
      const byNumber = new Map(Object.entries(all).map(([path, number]) => [Number(number), path]))
      pathsOf.set(registry, { readAt: now(), byNumber })
    }
    return numbers.flatMap((number) => pathsOf.get(registry)?.byNumber.get(number) ?? [])
  }

  /** Numbers of some projects that hold a content (scripts/holders.lua). */
  async function holdersOf(registry: string, key: string): Promise<number[]> {
    const { base } = registryKeys(prefix, registry)
    const [entry] = await deps.lookUp(tableKeys(base, 'holders'), [Buffer.from(key, 'hex')])
    if (entry === undefined || entry.length === 0) return []
    const holders = decodeHolders(entry)
    if (Array.isArray(holders)) return holders.map(({ number }) => number)
    const [[, ...members], others] = await Promise.all([
      deps.page(tableKeys(base, `holders:in:${key}`), ['0']),
      redis.zrangeBuffer(`${base}holders:of:${key}`, 0, `${MOST_PROJECTS - 1}`),
    ])
    return [...members.filter((_, i) => i % 2 === 0), ...others].map((number) => number.readUIntBE(0, 3))
  }

  return async (registry, digest) => {
    const key = digestKey(digest)
    const numbers = (await holdersOf(registry, key)).slice(0, MOST_PROJECTS)
    const found: string[] = []
    for (const path of await pathsWith(registry, numbers)) {
      const names = await deps.findIn(scriptKeys(prefix, projectId(registry, path)), [
        Buffer.from(key, 'hex'),
        WANTED - found.length,
      ])
      found.push(...names.map(String))
      if (found.length >= WANTED) break
    }
    return found
  }
}
