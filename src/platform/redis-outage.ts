import type { Cluster, Redis } from 'ioredis'
import type { Logger } from './log.ts'
import { isRedisAway, isRedisRefusal, saysNoConnection, whyAway } from './redis-away.ts'
import { formatDuration } from './units.ts'

/** Lines that say that Redis is away are at least so far apart, in ms. */
const LINE_MS = 60_000

/**
 * How long no error may come until Redis counts as back, in ms, if no connection is lost: Redis refuses commands, or a node
 * of a cluster is away. Workers try again each second, and ioredis looks at the nodes each 5 s (platform/redis.ts).
 */
const QUIET_MS = 15_000

/** How often an outage is looked at, in ms. */
const LOOK_MS = 1_000

export interface RedisOutage {
  /** Follows a connection until it ends. It must be ready. */
  watch(redis: Redis | Cluster): void
  /** Whether an error means that Redis is away or refuses. Such an error is logged here: the caller logs nothing. */
  takes(error: unknown): boolean
}

interface Outage {
  /** epoch ms */
  since: number
  /** When Redis was seen to be away last, epoch ms. */
  lastSeen: number
  /** Until when it lasts if nothing more is seen, epoch ms. */
  until: number
  state: 'is away' | 'refuses commands'
  reason: string
  isTold: boolean
}

/**
 * Logs that Redis is away: at once, then once a minute, and when it is back. All connections of a process, and all who get
 * errors of commands, tell it. Nothing is said of an outage that begins less than a minute after such a line and ends
 * within this minute.
 */
export function makeRedisOutage({ log, where }: { log: Pick<Logger, 'warn' | 'info'>; where: string }) {
  const connected = new Set<Redis | Cluster>()
  const lost = new Set<Redis | Cluster>()
  let outage: Outage | undefined
  let toldAt = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  function note(state: Outage['state'], reason: string, quietMs: number): void {
    if (connected.size === 0) return
    const now = Date.now()
    timer ??= setInterval(look, LOOK_MS).unref()
    outage ??= { since: now, lastSeen: now, until: now, state, reason, isTold: false }
    Object.assign(outage, { state, reason, lastSeen: now, until: now + quietMs })
    tell(outage)
  }

  function tell(now: Outage): void {
    if (now.lastSeen - toldAt < LINE_MS) return
    toldAt = now.lastSeen
    now.isTold = true
    const since = new Date(now.since).toISOString()
    log.warn(
      { since, awaySeconds: secondsOf(now), reason: now.reason },
      `Redis at ${where} ${now.state} (since ${since}): ${now.reason}. Deliveries get 503, and registries send them again; jobs wait`,
    )
  }

  function look(): void {
    if (outage === undefined) return
    if (lost.size > 0) {
      outage.lastSeen = Date.now()
      tell(outage)
    } else if (Date.now() >= outage.until) end(outage)
  }

  function end(ended: Outage): void {
    stop()
    if (!ended.isTold) return
    const awaySeconds = secondsOf(ended)
    log.info(
      { awaySeconds },
      `Redis at ${where} is back: it was away for ${formatDuration(awaySeconds * 1_000)}`,
    )
  }

  function stop(): void {
    clearInterval(timer)
    timer = undefined
    outage = undefined
  }

  function watch(redis: Redis | Cluster): void {
    let reason = 'the connection is lost'
    connected.add(redis)
    redis.on('error', (error) => {
      reason = whyAway(error)
      if (lost.has(redis) && outage) outage.reason = reason
    })
    redis.on('node error', (error, node) => {
      if (lost.size === 0) note('is away', `its node ${node}: ${whyAway(error)}`, QUIET_MS)
    })
    redis.on('reconnecting', () => {
      lost.add(redis)
      note('is away', reason, 0)
    })
    redis.on('ready', () => {
      lost.delete(redis)
      if (outage) outage.lastSeen = Date.now()
      look()
    })
    redis.on('end', () => {
      connected.delete(redis)
      lost.delete(redis)
      if (connected.size === 0) stop()
    })
  }

  function takes(error: unknown): boolean {
    if (!(error instanceof Error && isRedisAway(error))) return false
    if (isRedisRefusal(error)) note('refuses commands', whyAway(error), QUIET_MS)
    else if (lost.size === 0) {
      // Other peers refuse connections, too. Whether Redis does, its connections know.
      if (!saysNoConnection(error)) return false
      note('is away', whyAway(error), QUIET_MS)
    }
    return true
  }

  return { watch, takes } satisfies RedisOutage
}

const secondsOf = ({ since, lastSeen }: Outage): number => Math.round((lastSeen - since) / 1_000)
