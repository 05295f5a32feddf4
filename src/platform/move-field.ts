import type { Cluster, Redis } from 'ioredis'
import { loadScript } from './lua-script.ts'

/** Gives a field of a hash in Redis another name in one step, unless there is a field of that name. */
export function makeMoveField(redis: Redis | Cluster) {
  const script = loadScript(redis, new URL('scripts/move-field.lua', import.meta.url))
  return async (key: string, from: string, to: string): Promise<void> => {
    await script([key], [from, to])
  }
}
