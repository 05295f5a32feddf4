import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { type AlertSummary, type AlertTopic, type ProjectAlert, subjectOf, topicOf } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'

/**
 * A channel gets an alert of the same project and flag once in an interval at most, and no more than `MOST` alerts of a topic
 * in an interval. Of expiry, the same event of the same policy takes the place of the flag; of promotion, that of the same image. What is held back comes in one summary at the interval's end. A person reads ten messages, not eighty.
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
  holdBack(
    channel: string,
    alert: ProjectAlert,
  ): Promise<{ topic: AlertTopic; interval: number; summaryInMs: number } | undefined>
  /** What was held back in an interval; `undefined` if nothing was, or if it was forgotten. */
  summary(channel: string, topic: AlertTopic, interval: number): Promise<AlertSummary | undefined>
  /** Forgets what was held back, once the summary is sent. */
  forget(channel: string, topic: AlertTopic, interval: number): Promise<void>
}

/** Keeps chats readable in a storm of alerts about projects. Its keys share a hash tag, so they are in one slot of a Redis Cluster. */
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
  const heldKey = (channel: string, topic: AlertTopic, interval: number) =>
    keyOf('held', jobId(channel, topic), interval)

  return {
    async holdBack(channel, alert) {
      const topic = topicOf(alert)
      // What the summary tells the newest alert of.
      const subject = subjectOf(alert)
      const current = Math.floor(now() / INTERVAL_MS)
      const keys = [
        keyOf('verdict', jobId(channel, alert.id)),
        keyOf('last', jobId(channel, subject, 'to' in alert ? alert.to : '')),
        keyOf('sent', jobId(channel, topic), current),
        heldKey(channel, topic, current),
      ]
      const args = [JSON.stringify(alert), subject, INTERVAL_MS, MOST, KEPT_MS, current]
      const [verdict] = await holdBackScript(keys, args)
      if (String(verdict) === 'send') return undefined
      const interval = Number(verdict)
      const summaryAt = (interval + 1) * INTERVAL_MS + SETTLE_MS
      return { topic, interval, summaryInMs: Math.max(0, summaryAt - now()) }
    },

    async summary(channel, topic, interval) {
      const { '': count, ...held } = await redis.hgetall(heldKey(channel, topic, interval))
      if (count === undefined) return undefined
      const alerts: ProjectAlert[] = Object.values(held).map((text) => JSON.parse(text))
      alerts.sort((a, b) => (a.at < b.at ? -1 : 1))
      const at = new Date((interval + 1) * INTERVAL_MS).toISOString()
      return summaryOf({ id: jobId('summary', channel, topic, interval), topic, at }, Number(count), alerts)
    },

    async forget(channel, topic, interval) {
      await redis.del(heldKey(channel, topic, interval))
    },
  }
}

/** `alerts` are the newest of each project, the oldest first. */
function summaryOf(
  head: Pick<AlertSummary, 'id' | 'topic' | 'at'>,
  count: number,
  alerts: readonly ProjectAlert[],
): AlertSummary {
  const minutes = INTERVAL_MS / 60_000
  const latest = alerts.slice(-NAMED)
  const more = alerts.length - latest.length
  const lines = [
    `${count} more ${count === 1 ? 'alert' : 'alerts'} in the ${minutes} minutes before ${head.at}.`,
    ...latest.map(({ at, text }) => `${at}: ${text}`),
    ...(more > 0 ? [`Other projects: ${more}. GET /v1/alerts has all alerts.`] : []),
  ]
  return { ...head, count, minutes, latest, text: lines.join('\n') }
}
