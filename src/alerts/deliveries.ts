import type { Cluster, Redis } from 'ioredis'
import { type Static, Type } from 'typebox'

/** How many of the newest deliveries are kept. */
const MOST = 5_000

/** Characters of a text that are kept. */
const TEXT_LIMIT = 500

/** What became of a message for a channel. */
export const Delivery = Type.Object({
  at: Type.String({ description: 'When the channel answered, RFC 3339.' }),
  channel: Type.String({ description: 'The name of the channel.' }),
  message: Type.String({
    description: 'The id of the message: that of the alert, of a summary or of a test.',
  }),
  type: Type.String({ description: 'The kind of the message, such as `quota.over`.' }),
  subject: Type.String({ description: 'What it is about.' }),
  project: Type.Optional(
    Type.String({
      description: 'The project that it is about, `registry/path`. Absent if it is about no project alone.',
    }),
  ),
  text: Type.String({ description: 'What it says, in a line.' }),
  result: Type.Enum(['accepted', 'failed', 'refused', 'overtaken', 'given up'], {
    description:
      '`accepted`: the channel has it. `failed`: the first attempt failed, and it is sent again. `refused`: for good. `overtaken`: not sent, since a newer or more urgent one was to be sent, or all was again as before. `given up`: no attempt is left.',
  }),
  answer: Type.Union([Type.String(), Type.Null()], {
    description: 'What went wrong; null if nothing did.',
  }),
  attempt: Type.Integer({ description: 'Which attempt it was, from 1.' }),
})
export type Delivery = Static<typeof Delivery>

/** The place of a delivery in the history. */
export const DeliveryPosition = Type.String({ pattern: '^\\d{1,20}-\\d{1,20}$' })

export interface Deliveries {
  record(delivery: Omit<Delivery, 'at'>): Promise<void>
  /** At most `limit` deliveries with their positions, the newest first, from before the position `before` on. */
  recent(limit: number, before?: string): Promise<{ position: string; delivery: Delivery }[]>
}

/** The history of deliveries: a stream in Redis that keeps about the newest 5,000. */
export function makeDeliveries({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): Deliveries {
  const key = `${prefix}:{alerts}:deliveries`
  return {
    async record(delivery) {
      const { text, answer } = delivery
      const kept = {
        ...delivery,
        text: text.slice(0, TEXT_LIMIT),
        answer: answer?.slice(0, TEXT_LIMIT) ?? null,
      }
      await redis.xadd(key, 'MAXLEN', '~', MOST, '*', 'json', JSON.stringify(kept))
    },
    async recent(limit, before) {
      const entries = await redis.xrevrange(
        key,
        before === undefined ? '+' : `(${before}`,
        '-',
        'COUNT',
        limit,
      )
      return entries.map(([position, [, json = '{}']]) => ({
        position,
        // Redis gives each entry the time at which it got it.
        delivery: { at: new Date(Number.parseInt(position, 10)).toISOString(), ...JSON.parse(json) },
      }))
    },
  }
}
