import type { Cluster, Redis } from 'ioredis'
import type { Logger } from '../platform/log.ts'
import { identityOf } from '../platform/redis-identity.ts'
import { type Judgement, judgeRedis } from '../platform/redis-settings.ts'
import type { OnClose } from './base-parts.ts'

export interface RedisWatch {
  /** By the newest look. */
  judgement(): Judgement
  /** When the data in Redis began, in epoch ms. Redis is asked. @throws the error of Redis */
  dataSince(): Promise<number>
  /**
   * Has `act` called after Redis was found to hold other data than before: nothing of what this process wrote is there. If
   * `act` fails, it is called again after the next look.
   */
  onLostData(act: () => Promise<void>): void
}

/**
 * Looks at Redis now, each time the connection is made anew, and every `everyMs`, since someone may change its settings or
 * empty it. A warning is logged when it is new. If Redis must not be used any more, each look logs that, and `/readyz` says
 * it. @throws if the first look finds so
 */
export async function watchRedis(deps: {
  redis: Redis | Cluster
  where: string
  /** The key that holds the identity of the data. */
  key: string
  /** Warnings that others have, at each look. */
  otherWarnings: () => Promise<readonly string[]>
  everyMs: number
  log: Pick<Logger, 'warn' | 'error'>
  onClose: OnClose
}): Promise<RedisWatch> {
  const { redis, where, key, log } = deps
  let newest: Judgement = { warnings: [] }
  const judge = async () => {
    const before = newest.warnings
    const judgement = await judgeRedis(redis, where)
    newest = {
      ...judgement,
      warnings: [...judgement.warnings, ...(await deps.otherWarnings().catch(() => []))],
    }
    for (const warning of newest.warnings) if (!before.includes(warning)) log.warn(warning)
  }

  let newestId = (await identityOf(redis, key))?.id
  /** The identity of the data that this process has written to. */
  let known = newestId
  const acts: (() => Promise<void>)[] = []
  const lookForLoss = async () => {
    const found = await identityOf(redis, key)
    if (found === undefined) return
    const before = newestId
    newestId = found.id
    // Redis was full until now: nothing is known of its data.
    known ??= found.id
    if (before !== undefined && found.id !== before)
      log.error(
        `Redis at ${where} has lost its data: the index, the queues and the schedules are gone. Each registry is read again; snapshots are kept`,
      )
    if (found.id === known) return
    for (const act of acts) await act()
    known = found.id
  }

  await judge()
  if (newest.refusal !== undefined) throw new Error(newest.refusal)

  let isLooking = false
  const look = async () => {
    // On a patient connection a look waits until Redis is back.
    if (isLooking) return
    isLooking = true
    // While Redis is away, its connection says so.
    await lookForLoss()
      .then(judge)
      .catch(() => {})
    isLooking = false
    if (newest.refusal !== undefined) log.error(newest.refusal)
  }
  const timer = setInterval(look, deps.everyMs)
  timer.unref()
  redis.on('ready', look)
  deps.onClose(async () => {
    clearInterval(timer)
    redis.off('ready', look)
  })
  return {
    judgement: () => newest,
    dataSince: async () => (await identityOf(redis, key))?.since ?? 0,
    onLostData: (act) => void acts.push(act),
  }
}
