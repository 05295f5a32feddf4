import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import type { Jobs } from './jobs.ts'
import { jobOptions, queuePrefix } from './queues.ts'

/** Resolves once Redis has the job. @throws whatever Redis throws */
export type AddEvents = (data: Jobs['events']) => Promise<unknown>

/**
 * Adds jobs to the `events` queue by a script of our own, and else as `queue.add` does: that is as general as BullMQ is, and of
 * a lone event's way to its acknowledgement it was a quarter (docs/performance.md). A test compares what the two write.
 */
export function makeAddEvents(options: { redis: Redis | Cluster; prefix: string }): AddEvents {
  const script = loadScript(options.redis, new URL('scripts/add-events.lua', import.meta.url))
  const start = `${queuePrefix(options.prefix)}:events:`
  const keys = ['id', 'meta', 'wait', 'marker'].map((part) => start + part)
  const opts = JSON.stringify(jobOptions('events'))
  return (data) => script(keys, [start, JSON.stringify(data), opts, Date.now()])
}
