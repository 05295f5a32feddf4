import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import type { Alert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import { messageOf } from './message-of.ts'

/**
 * How long it is kept, in ms: of a state 30 days, as what channels remember; of what happened once two days, since a channel
 * that is down is tried for a day.
 */
const KEPT_MS = { state: 30 * 86_400_000, event: 2 * 86_400_000 }

/** The newest alert about a subject that was settled for a channel: told, or known to need no message. */
export interface Newest {
  /** When it happened, epoch ms. */
  ms: number
  /** The state that it tells; '' if it tells none. */
  state: string
}

/** The newest alerts that were settled, by their subjects. */
export type NewestBySubject = ReadonlyMap<string, Newest>

export interface NewestAlerts {
  /** What was settled for a channel about the subjects of these alerts. */
  of(channel: string, alerts: readonly Alert[]): Promise<NewestBySubject>
  /** Notes that these alerts are settled. Older ones than are noted change nothing. */
  note(channel: string, alerts: readonly Alert[]): Promise<void>
}

/** They are in Redis: a key for each channel and subject, in one slot of a Redis Cluster. */
export function makeNewestAlerts({
  redis,
  prefix,
}: {
  redis: Redis | Cluster
  prefix: string
}): NewestAlerts {
  const noteNewest = loadScript(redis, new URL('scripts/note-newest.lua', import.meta.url))
  const keyOf = (channel: string, subject: string) => `${prefix}:{alerts}:settled:${jobId(channel, subject)}`
  return {
    async of(channel, alerts) {
      const subjects = [...new Set(alerts.map((alert) => messageOf(alert).subject))]
      if (subjects.length === 0) return new Map()
      const texts = await redis.mget(subjects.map((subject) => keyOf(channel, subject)))
      return new Map(
        subjects.flatMap((subject, n) => {
          const [ms = '', state = ''] = texts[n]?.split(' ') ?? []
          return ms === '' ? [] : [[subject, { ms: Number(ms), state }] as const]
        }),
      )
    },
    async note(channel, alerts) {
      const noted = alerts.map((alert) => {
        const state = stateOf(alert)
        const kept = state === '' ? KEPT_MS.event : KEPT_MS.state
        return noteNewest([keyOf(channel, messageOf(alert).subject)], [Date.parse(alert.at), state, kept])
      })
      await Promise.all(noted)
    },
  }
}

const stateOf = (alert: Alert): string => ('to' in alert ? alert.to : 'state' in alert ? alert.state : '')
