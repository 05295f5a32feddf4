import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import type { QueueName } from './jobs.ts'
import { queuePrefix } from './queues.ts'

/** What of a queue is not done, failed jobs among it: `bytes` in Redis' memory, estimated where there are many. */
export interface Backlog {
  jobs: number
  bytes: number
}

/** How old a reading may be, in ms. One takes Redis less than 0.1 ms. */
const FRESH_MS = 1_000

/** Jobs of each state that are measured. */
const MEASURED = 16

/** Gives the last reading at once, and has it renewed when it is asked and the reading is old: no timer runs. */
export function makeBacklog(options: { redis: Redis | Cluster; prefix: string; queue: QueueName }) {
  const { redis, prefix, queue } = options
  const script = loadScript(redis, new URL('scripts/backlog.lua', import.meta.url))
  const key = (part: string) => `${queuePrefix(prefix)}:${queue}:${part}`
  const keys = ['wait', 'paused', 'active', 'delayed', 'failed', 'inbox'].map(key)
  let last: Backlog = { jobs: 0, bytes: 0 }
  let askedAt = Number.NEGATIVE_INFINITY

  async function read(): Promise<Backlog> {
    askedAt = performance.now()
    const [jobs, bytes] = await script(keys, [key(''), MEASURED])
    last = { jobs: Number(jobs), bytes: Number(bytes) }
    return last
  }

  return {
    read,
    last(): Backlog {
      // Without Redis the last one stands: nothing can be added to it either.
      if (performance.now() - askedAt > FRESH_MS) read().catch(() => undefined)
      return last
    },
  }
}
