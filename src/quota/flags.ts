import type { Cluster, Redis } from 'ioredis'
import type { Flag } from '../queue/alert.ts'

/** A project's flag. */
export interface FlagState {
  flag: Flag
  /** When it last changed, RFC 3339; `null` if it was always ok. */
  since: string | null
  /** How often the flag has changed. Makes the ids of alerts differ. */
  change: number
}

const NEVER: FlagState = { flag: 'ok', since: null, change: 0 }

/** The flags of all projects: one Redis hash, project id → state. */
export function makeFlags({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const key = `${prefix}:flags`
  const read = (text: string | null | undefined): FlagState => (text ? JSON.parse(text) : NEVER)
  return {
    get: async (project: string): Promise<FlagState> => read(await redis.hget(key, project)),
    async getMany(projects: string[]): Promise<FlagState[]> {
      return projects.length === 0 ? [] : (await redis.hmget(key, ...projects)).map(read)
    },
    async set(project: string, state: FlagState): Promise<void> {
      await redis.hset(key, project, JSON.stringify(state))
    },
    /** Projects that are not ok. */
    async raised(): Promise<{ project: string; state: FlagState }[]> {
      const all = await redis.hgetall(key)
      return Object.entries(all)
        .map(([project, text]) => ({ project, state: read(text) }))
        .filter(({ state }) => state.flag !== 'ok')
        .sort((a, b) => (a.project < b.project ? -1 : 1))
    },
  }
}
export type Flags = ReturnType<typeof makeFlags>
