import type { Config } from '../config/schema.ts'
import type { Logger } from '../platform/log.ts'
import type { Connect } from '../platform/redis.ts'
import type { Tracing } from '../platform/tracing.ts'
import { makeBaseParts, type OnClose } from './base-parts.ts'
import { makeRedisParts } from './redis-parts.ts'
import { type Watched, watchAll } from './watch-all.ts'

export type Parts = Awaited<ReturnType<typeof makeParts>>
export type OnRedis = Awaited<ReturnType<Parts['onRedis']>>

/** Makes the parts that every process needs, whatever its duties. */
export async function makeParts(config: Config, log: Logger, onClose: OnClose, tracing?: Tracing) {
  const base = await makeBaseParts(config, log, onClose, tracing)
  let watched: Watched | undefined
  return {
    ...base,
    /** Makes the parts that use Redis, on a connection of one kind: for HTTP it fails fast, for workers it waits. */
    async onRedis(make: Connect) {
      const redis = await base.connect(make)
      watched ??= await watchAll(base, redis)
      return makeRedisParts(base, redis, watched)
    },
  }
}
