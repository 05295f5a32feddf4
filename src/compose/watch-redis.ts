import type { Cluster, Redis } from 'ioredis'
import type { Logger } from '../platform/log.ts'
import { type Judgement, judgeRedis } from '../platform/redis-settings.ts'
import type { OnClose } from './parts.ts'

export interface RedisWatch {
  /** By the newest look at the settings. */
  judgement(): Judgement
}

/**
 * Looks at the settings of Redis now and, since someone may change them, again every `everyMs`. A warning is logged when it
 * is new. If Redis must not be used any more, each look logs that, and `/readyz` says it. @throws if the first look finds so
 */
export async function watchRedis(deps: {
  redis: Redis | Cluster
  where: string
  everyMs: number
  log: Pick<Logger, 'warn' | 'error'>
  onClose: OnClose
}): Promise<RedisWatch> {
  const { redis, where, log } = deps
  let newest: Judgement = { warnings: [] }
  const look = async () => {
    const before = newest.warnings
    newest = await judgeRedis(redis, where)
    for (const warning of newest.warnings) if (!before.includes(warning)) log.warn(warning)
  }
  await look()
  if (newest.refusal !== undefined) throw new Error(newest.refusal)

  let isLooking = false
  const timer = setInterval(async () => {
    // On a patient connection a look waits until Redis is back.
    if (isLooking) return
    isLooking = true
    // While Redis is away, its connection says so.
    await look().catch(() => {})
    isLooking = false
    if (newest.refusal !== undefined) log.error(newest.refusal)
  }, deps.everyMs)
  timer.unref()
  deps.onClose(async () => clearInterval(timer))
  return { judgement: () => newest }
}
