import type { Cluster, Redis } from 'ioredis'
import { type Static, Type } from 'typebox'
import type { Change } from '../queue/change.ts'

/** How many of the newest deliveries are kept. */
const MOST = 5_000

/** Characters of an answer that are kept. */
const ANSWER_LIMIT = 500

/** What became of an event for a receiver. */
export const EventDelivery = Type.Object({
  id: Type.String({ description: 'The id of the delivery, by which it is replayed.' }),
  at: Type.String({ description: 'When the receiver answered, RFC 3339.' }),
  receiver: Type.String({ description: '`queue`, or `webhook` and its name.' }),
  event: Type.String({ description: 'The `id` of the event.' }),
  type: Type.String({ description: 'Its type, such as `image.promoted`.' }),
  subject: Type.String({ description: 'What it is about.' }),
  project: Type.Optional(
    Type.String({
      description: 'The project that it is about, `registry/path`. Absent if it is about no project alone.',
    }),
  ),
  result: Type.Enum(['accepted', 'failed', 'given up'], {
    description:
      '`accepted`: the receiver has it. `failed`: the first attempt failed, and it is sent again. `given up`: it is not sent again.',
  }),
  answer: Type.Union([Type.String(), Type.Null()], {
    description: 'What went wrong; null if nothing did.',
  }),
})
export type EventDelivery = Static<typeof EventDelivery>

/** The place of a delivery in the history. */
export const DeliveryId = Type.String({
  pattern: '^\\d{1,20}-\\d{1,20}$',
  'x-expected': 'the id of a delivery, such as 1764223200000-0',
})

/** A change, for a receiver. */
export interface Addressed {
  change: Change
  to: string
}

/** The history of deliveries of events: a stream in Redis that keeps about the newest 5,000, with what was sent. */
export function makeEventDeliveries({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const key = `${prefix}:{outgoing}:deliveries`
  const read = (json = '{}'): Addressed & Pick<EventDelivery, 'result' | 'answer'> => JSON.parse(json)
  return {
    async record(sent: Addressed, result: EventDelivery['result'], answer: string | null): Promise<void> {
      const kept = { ...sent, result, answer: answer?.slice(0, ANSWER_LIMIT) ?? null }
      await redis.xadd(key, 'MAXLEN', '~', MOST, '*', 'json', JSON.stringify(kept))
    },
    /** At most `limit` deliveries, the newest first, from before the delivery `before` on. */
    async recent(limit: number, before?: string): Promise<EventDelivery[]> {
      const end = before === undefined ? '+' : `(${before}`
      const entries = await redis.xrevrange(key, end, '-', 'COUNT', limit)
      return entries.map(([id, [, json]]) => {
        const { change, to, result, answer } = read(json)
        const { id: event, type, subject } = change
        // Redis gives each entry the time at which it got it.
        const at = new Date(Number.parseInt(id, 10)).toISOString()
        const project = projectOfChange(change)
        return {
          ...{ id, at, receiver: to, event, type, subject, result, answer },
          ...(project !== undefined && { project }),
        }
      })
    },
    /** What was sent in a delivery; `undefined` if it is not kept any more. */
    async sentIn(id: string): Promise<Addressed | undefined> {
      const [entry] = await redis.xrange(key, id, id)
      if (entry === undefined) return undefined
      const { change, to } = read(entry[1][1])
      return { change, to }
    },
  }
}
/** A group goes by the scope of its largest project, and tells of others, too. A registry has no slash. */
const projectOfChange = ({ scope, data }: Change): string | undefined =>
  scope.includes('/') && !('group' in data) ? scope : undefined

export type EventDeliveries = ReturnType<typeof makeEventDeliveries>
