import { createHash } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { scanHash } from '../platform/scan-hash.ts'
import type { Measured } from './evaluate.ts'
import type { GroupQuota } from './quota.ts'

/** The ids of the largest members that a sum names. */
const LARGEST = 10

/** The sum over a group, and the ids of its largest members, the largest first. */
export interface GroupSum extends Measured {
  projects: string[]
}

/** No project has this id. It is in a hash that has all members. */
const COMPLETE = ''

/**
 * What each project of a group held when it was last looked at: a hash for each group, project → `[bytes, tags, manifests]`. So
 * a look at a group of a thousand projects reads one hash, and none of the projects. A group whose projects or measure were
 * changed has another hash, which `recheckChanged` fills.
 */
export function makeGroupMembers({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const keyOf = ({ group, projects, measure }: GroupQuota): string => {
    const definition = createHash('sha256')
      .update(JSON.stringify([projects, measure]))
      .digest('hex')
    return `${prefix}:quota-group:${group}:${definition.slice(0, 16)}`
  }
  return {
    async note(group: GroupQuota, project: string, { bytes, tags, manifests }: Measured): Promise<void> {
      if (bytes + tags + manifests === 0) await redis.hdel(keyOf(group), project)
      else await redis.hset(keyOf(group), project, JSON.stringify([bytes, tags, manifests]))
    },
    /** `undefined` while members are missing. */
    async sum(group: GroupQuota): Promise<GroupSum | undefined> {
      const all = await scanHash(redis, keyOf(group))
      if (!all.delete(COMPLETE)) return undefined
      const members = [...all].map(([id, text]) => {
        const [bytes = 0, tags = 0, manifests = 0]: number[] = JSON.parse(text)
        return { id, bytes, tags, manifests }
      })
      const sumOf = (key: keyof Measured) => members.reduce((sum, member) => sum + member[key], 0)
      const largest = members.toSorted((a, b) => b.bytes - a.bytes || (a.id < b.id ? -1 : 1))
      return {
        ...{ bytes: sumOf('bytes'), tags: sumOf('tags'), manifests: sumOf('manifests') },
        projects: largest.slice(0, LARGEST).map(({ id }) => id),
      }
    },
    /** To be called when all members are noted. */
    async complete(group: GroupQuota): Promise<void> {
      await redis.hset(keyOf(group), COMPLETE, '')
    },
    /** Forgets a group that is not configured so any more. */
    async forget(group: GroupQuota): Promise<void> {
      await redis.del(keyOf(group))
    },
    keyOf,
  }
}
export type GroupMembers = ReturnType<typeof makeGroupMembers>
