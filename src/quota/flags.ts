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

/** Flags that are read at once. */
const BATCH = 500

const NEVER: FlagState = { flag: 'ok', since: null, change: 0 }

/** The flags of all projects: one Redis hash, project id → state. */
export function makeFlags({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const key = `${prefix}:flags`
  const read = (text: string | null | undefined): FlagState => (text ? JSON.parse(text) : NEVER)
  return {
    get: async (project: string): Promise<FlagState> => read(await redis.hget(key, project)),
    async set(project: string, state: FlagState): Promise<void> {
      await redis.hset(key, project, JSON.stringify(state))
    },
    async remove(project: string): Promise<void> {
      await redis.hdel(key, project)
    },
    /** The states of all projects whose flag ever changed, by id. */
    async all(): Promise<Map<string, FlagState>> {
      const states = new Map<string, FlagState>()
      let cursor = '0'
      do {
        const [next, found] = await redis.hscan(key, cursor, 'COUNT', BATCH)
        for (let i = 0; i < found.length; i += 2) states.set(found[i] ?? '', read(found[i + 1]))
        cursor = next
      } while (cursor !== '0')
      return states
    },
  }
}
export type Flags = ReturnType<typeof makeFlags>
