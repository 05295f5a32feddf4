import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import type { AlertSummary, QuotaAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'

/**
 * A channel gets an alert of the same project and flag once in an interval at most, and no more than `MOST` quota alerts
 * in an interval. What is held back comes in one summary at the interval's end. A person reads ten messages, not eighty.
 */
const INTERVAL_MS = 300_000
const MOST = 10

/** How long verdicts and what was held back are kept, in ms: two days. A channel that is down is tried for a day. */
const KEPT_MS = 2 * 86_400_000

/** The number of projects that a summary names. */
const NAMED = 10

/** How long after an interval its summary is made, in ms: what was decided in it has reached Redis by then. */
const SETTLE_MS = 5_000

export interface Damper {
  /**
   * Gives `undefined` if the alert may be sent now, or else the interval whose summary will count it, and the time until
   * that summary. Gives the same interval each time it is asked about an alert.
   */
  holdBack(channel: string, alert: QuotaAlert): Promise<{ interval: number; summaryInMs: number } | undefined>
  /** What was held back in an interval; `undefined` if nothing was, or if it was forgotten. */
  summary(channel: string, interval: number): Promise<AlertSummary | undefined>
  /** Forgets what was held back, once the summary is sent. */
  forget(channel: string, interval: number): Promise<void>
}

/** Keeps chats readable in a storm of quota alerts. Its keys share a hash tag, so they are in one slot of a Redis Cluster. */
export function makeDamper({
  redis,
  prefix,
  now = Date.now,
}: {
  redis: Redis | Cluster
  prefix: string
  /** epoch ms */
  now?: () => number
}): Damper {
  const holdBackScript = loadScript(redis, new URL('scripts/hold-back.lua', import.meta.url))
  const keyOf = (...parts: (string | number)[]) => `${prefix}:{alerts}:${parts.join(':')}`
  const heldKey = (channel: string, interval: number) => keyOf('held', jobId(channel), interval)

  return {
    async holdBack(channel, alert) {
      const project = `${alert.registry}/${alert.project}`
      const current = Math.floor(now() / INTERVAL_MS)
      const keys = [
        keyOf('verdict', jobId(channel, alert.id)),
        keyOf('last', jobId(channel, project, alert.to)),
        keyOf('sent', jobId(channel), current),
        heldKey(channel, current),
      ]
      const args = [JSON.stringify(alert), project, INTERVAL_MS, MOST, KEPT_MS, current]
      const [verdict] = await holdBackScript(keys, args)
      if (String(verdict) === 'send') return undefined
      const interval = Number(verdict)
      const summaryAt = (interval + 1) * INTERVAL_MS + SETTLE_MS
      return { interval, summaryInMs: Math.max(0, summaryAt - now()) }
    },

    async summary(channel, interval) {
      const { '': count, ...held } = await redis.hgetall(heldKey(channel, interval))
      if (count === undefined) return undefined
      const alerts: QuotaAlert[] = Object.values(held).map((text) => JSON.parse(text))
      alerts.sort((a, b) => (a.at < b.at ? -1 : 1))
      const at = new Date((interval + 1) * INTERVAL_MS).toISOString()
      return summaryOf(jobId('summary', channel, interval), at, Number(count), alerts)
    },

    async forget(channel, interval) {
      await redis.del(heldKey(channel, interval))
    },
  }
}

/** `alerts` are the newest of each project, the oldest first. */
function summaryOf(id: string, at: string, count: number, alerts: readonly QuotaAlert[]): AlertSummary {
  const minutes = INTERVAL_MS / 60_000
  const latest = alerts.slice(-NAMED)
  const more = alerts.length - latest.length
  const lines = [
    `${count} more ${count === 1 ? 'alert' : 'alerts'} in the ${minutes} minutes before ${at}.`,
    ...latest.map(({ at, text }) => `${at}: ${text}`),
    ...(more > 0 ? [`Other projects: ${more}. GET /v1/alerts has all alerts.`] : []),
  ]
  return { id, at, count, minutes, latest, text: lines.join('\n') }
}
