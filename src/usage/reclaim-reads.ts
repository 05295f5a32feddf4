import type { Cluster, Redis } from 'ioredis'
import type { LuaScript } from '../platform/lua-script.ts'
import { decodeRepository } from './codec.ts'
import { projectBase, projectKeys, registryKeys, tableKeys } from './keys.ts'
import { splitProjectId } from './project.ts'
import type { ReclaimReads } from './read-reclaim.ts'

/** Where the size begins in a member of `claims`: after the kind and the key. */
const SIZE_AT = 17

/** Reads in Redis what a `Reclaim` of a project needs. `lookUp` is `scripts/lookup.lua`. */
export function reclaimReads(
  { redis, prefix, lookUp }: { redis: Redis | Cluster; prefix: string; lookUp: LuaScript },
  project: string,
): ReclaimReads {
  const { registry, path } = splitProjectId(project)
  const [base, ofProject] = [projectBase(prefix, project), projectKeys(prefix, project)]
  const ofRegistry = registryKeys(prefix, registry)
  const none = Buffer.alloc(0)
  let number: Promise<number | undefined> | undefined
  return {
    async repositoryIds(names) {
      if (names.length === 0) return []
      const records = await redis.hmgetBuffer(ofProject.repositories, ...names)
      return records.map((record) => (record === null ? undefined : decodeRepository(record).id))
    },
    manifests: async (keys) =>
      (await redis.hmgetBuffer(ofProject.manifests, ...keys)).map((record) => record ?? none),
    blobs: (keys) => lookUp(tableKeys(base, 'blobs'), keys),
    holders: async (keys) => (keys.length === 0 ? [] : lookUp(tableKeys(ofRegistry.base, 'holders'), keys)),
    projectNumber: () => {
      number ??= redis.hget(ofRegistry.projects, path).then((found) => (found ? Number(found) : undefined))
      return number
    },
    async otherSizes(kind, key) {
      const begin = Buffer.concat([Buffer.from(kind), Buffer.from(key, 'hex')])
      const range = [Buffer.concat([Buffer.from('['), begin]), Buffer.concat([Buffer.from('['), begin, END])]
      const members = await redis.callBuffer('ZRANGEBYLEX', `${base}claims`, ...range)
      return (members as Buffer[]).map((member) => member.readUIntBE(SIZE_AT, 5))
    },
    async otherHoldings(key) {
      const found = await redis.zrange(`${ofRegistry.base}holders:of:${key}`, 0, '-1', 'WITHSCORES')
      return found.filter((_, i) => i % 2 === 1).map(Number)
    },
  }
}

/** After the size and the source of every member: they have at most 21 bytes. */
const END = Buffer.alloc(22, 255)
