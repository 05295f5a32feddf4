import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import type { Alert, AlertSummary } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'

/**
 * A channel gets an alert of the same project and flag, or of the same registry and event, once in an interval at most, and no more than `MOST` alerts in an
 * interval. What is held back comes in one summary at the interval's end. A person reads ten messages, not eighty.
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
  /** Gives `undefined` if the alert may be sent now, or else the interval whose summary will count it, and its end. */
  holdBack(channel: string, alert: Alert): Promise<{ interval: number; summaryInMs: number } | undefined>
  /** What was held back in an interval; `undefined` if nothing was, or if it was forgotten. */
  summary(channel: string, interval: number): Promise<AlertSummary | undefined>
  /** Forgets what was held back, once the summary is sent. */
  forget(channel: string, interval: number): Promise<void>
}

/** Keeps chats readable in a storm of alerts. Its keys share a hash tag, so they are in one slot of a Redis Cluster. */
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
      const isFlag = 'to' in alert
      const about = isFlag ? `${alert.registry}/${alert.project}` : alert.registry
      const interval = Math.floor(now() / INTERVAL_MS)
      const keys = [
        keyOf('verdict', jobId(channel, alert.id)),
        keyOf('last', jobId(channel, about, isFlag ? alert.to : alert.event)),
        keyOf('sent', jobId(channel), interval),
        heldKey(channel, interval),
      ]
      const [verdict] = await holdBackScript(keys, [JSON.stringify(alert), about, INTERVAL_MS, MOST, KEPT_MS])
      if (String(verdict) === 'send') return undefined
      return { interval, summaryInMs: (interval + 1) * INTERVAL_MS + SETTLE_MS - now() }
    },

    async summary(channel, interval) {
      const { '': count, ...held } = await redis.hgetall(heldKey(channel, interval))
      if (count === undefined) return undefined
      const alerts: Alert[] = Object.values(held).map((text) => JSON.parse(text))
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
function summaryOf(id: string, at: string, count: number, alerts: readonly Alert[]): AlertSummary {
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
