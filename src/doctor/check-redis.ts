import { Cluster, type Redis } from 'ioredis'
import { readSettings } from '../platform/redis-settings.ts'
import { clockFindings } from './clock-findings.ts'
import type { Check } from './finding.ts'
import { redisFindings } from './redis-findings.ts'

/** Looks at Redis: version, eviction, persistence, memory, clock. `use` gives a connection for as long as it is used. */
export const checkRedis = (deps: {
  /** Where it is, without credentials. */
  where: string
  use: <T>(act: (redis: Redis | Cluster) => Promise<T>) => Promise<T>
  /** epoch ms */
  now: () => number
}): Check => ({
  name: 'redis',
  run: () =>
    deps.use(async (redis) => {
      const { where, now } = deps
      const found = (await readSettings(redis)).flatMap((told) => redisFindings(told, where))
      const [node = redis] = redis instanceof Cluster ? redis.nodes('master') : [redis]
      const [seconds = 0] = await (node as Redis).time()
      const clock = clockFindings(`Redis at ${where}`, Number(seconds) * 1000, now())
      return [...dedupe(found), ...clock]
    }),
})

/** The nodes of a cluster mostly say the same. */
const dedupe = <T>(found: readonly T[]): T[] => [
  ...new Map(found.map((one) => [JSON.stringify(one), one])).values(),
]
