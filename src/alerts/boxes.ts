import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import type { Alert, BoxKind } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import { messageOf } from './message-of.ts'

/** The interval in which messages are counted, in ms. */
const INTERVAL_MS = 300_000

/** How often it is looked whether more alerts come, in ms, at least. */
const MOST_WAIT_MS = 10_000

/** How long closed boxes are kept, and which box has got an alert, in ms: two days. */
export const KEPT_MS = 2 * 86_400_000

/** Where alerts for a channel wait, until they are told together. */
export interface BoxName {
  channel: string
  kind: BoxKind
}

export interface Limits {
  /** Messages of a kind that a channel gets in five minutes. */
  most: number
  /** Alerts of a box that are told one by one. */
  single: number
  /** How long a box with more than these waits for yet another alert, and how long it is open at most, in ms. */
  pauseMs: number
  longestMs: number
}

/** The ids of alerts that are told, and of those that are put into another box. */
export interface Plan {
  told: readonly string[]
  moved: Readonly<Record<string, BoxKind>>
}

export interface Boxes {
  /**
   * Puts an alert into the open box, or into a new one that ends at `end`, epoch ms. Gives the box and its end, and the same
   * ones each time that it is asked about an alert that comes `from` there.
   */
  join(name: BoxName, alert: Alert, end: number, from: string): Promise<{ box: string; end: number }>
  /** Closes a box. Gives for how many ms it stays open, if its channel has got too many messages or more alerts are coming. */
  close(name: BoxName, box: string, limits: Limits): Promise<number | undefined>
  /** What is in a closed box. */
  content(name: BoxName, box: string): Promise<Alert[]>
  /** What is done with the content of a closed box, in how many messages. Of several plans the first one is in force, and is given. */
  plan(name: BoxName, box: string, plan: Plan, messages: number): Promise<Plan>
  /** Forgets what was in a closed box. */
  forget(name: BoxName, box: string): Promise<void>
}

/** Boxes in Redis. Their keys share a hash tag, so they are in one slot of a Redis Cluster. */
export function makeBoxes({
  redis,
  prefix,
  now = Date.now,
}: {
  redis: Redis | Cluster
  prefix: string
  /** epoch ms */
  now?: () => number
}): Boxes {
  const joinBox = loadScript(redis, new URL('scripts/join-box.lua', import.meta.url))
  const closeBox = loadScript(redis, new URL('scripts/close-box.lua', import.meta.url))
  const planBox = loadScript(redis, new URL('scripts/plan-box.lua', import.meta.url))
  const keyOf = (what: string, ...parts: string[]) => `${prefix}:{alerts}:${what}:${jobId(...parts)}`
  const openKey = ({ channel, kind }: BoxName) => keyOf('open', channel, kind)
  const contentKey = ({ channel, kind }: BoxName) => keyOf('content', channel, kind)
  const subjectsKey = ({ channel, kind }: BoxName) => keyOf('subjects', channel, kind)
  const sentKey = ({ channel, kind }: BoxName, interval: number) =>
    `${keyOf('sent', channel, kind)}:${interval}`
  const intervalNow = () => Math.floor(now() / INTERVAL_MS)
  const closedKey = ({ channel, kind }: BoxName, box: string) => keyOf('closed', channel, kind, box)

  return {
    async join(name, alert, end, from) {
      const { channel, kind } = name
      const verdictKey = keyOf('verdict', channel, kind, alert.id, from)
      const keys = [verdictKey, openKey(name), contentKey(name), subjectsKey(name)]
      const args = [
        alert.id,
        JSON.stringify(alert),
        jobId('box', channel, kind, alert.id, from),
        end,
        KEPT_MS,
        now(),
        messageOf(alert).subject,
      ]
      const [box, boxEnd] = await joinBox(keys, args)
      return { box: String(box), end: Number(boxEnd) }
    },

    async close(name, box, { most, single, pauseMs, longestMs }) {
      const interval = intervalNow()
      const keys = [
        ...[openKey(name), contentKey(name), closedKey(name, box)],
        ...[sentKey(name, interval), subjectsKey(name)],
      ]
      const [result] = await closeBox(keys, [box, most, single, KEPT_MS, now(), pauseMs, longestMs])
      if (String(result) === 'storm') return Math.min(pauseMs, MOST_WAIT_MS)
      return String(result) === 'full' ? (interval + 1) * INTERVAL_MS - now() : undefined
    },

    async content(name, box) {
      const alerts = Object.values(await redis.hgetall(closedKey(name, box)))
      return alerts.map((json) => JSON.parse(json))
    },

    async plan(name, box, plan, messages) {
      const keys = [keyOf('plan', name.channel, name.kind, box), sentKey(name, intervalNow())]
      const [inForce] = await planBox(keys, [JSON.stringify(plan), messages, KEPT_MS])
      return JSON.parse(String(inForce))
    },

    async forget(name, box) {
      await redis.del(closedKey(name, box))
    },
  }
}
