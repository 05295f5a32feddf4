import { makeCoalescer } from '../platform/coalesce.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { makeBacklog } from '../queue/backlog.ts'
import type { Delivery } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { readEnvelope } from './envelope.ts'
import { pace } from './pace.ts'
import { makeRoom, type RoomLimits } from './room.ts'
import type { Taken } from './taken.ts'

export interface Intake {
  /**
   * Takes room for a body of this many bytes, before it is read. Gives the function that gives the room back.
   * @throws IntakeBusy if there is none
   */
  admit(registry: string, bytes: number): () => void
  /**
   * Takes in the body of one request. Resolves once Redis has its events; nothing may be acknowledged before. If it
   * rejects, Redis may have some of them: the sender sends all again, and the index counts each once.
   * @throws NotAnEnvelope if the body is no notification, and whatever Redis throws
   */
  receive(registry: string, body: Buffer): Promise<void>
}

/**
 * From this size on, in bytes, one body at a time is read. Otherwise each turn of the event loop would do a piece of every
 * body. A notification is nearly always smaller.
 */
const LARGE = 256 * 1024

/** A body is not taken now. The message says why, as a sentence. The sender tries again. */
export class IntakeBusy extends Error {
  readonly reason: 'backlog' | 'memory'
  constructor(reason: 'backlog' | 'memory', message: string) {
    super(message)
    this.reason = reason
  }
}

/**
 * Takes events in. Requests that arrive while a job is being written become one job of the `events` queue together. The
 * events of a large body become several jobs, one after the other. Of all large bodies, one part at a time is in memory as
 * objects.
 *
 * The same event may come twice: a registry that was answered too late sends it again (docs/registries.md, Delivery).
 * The index counts it once.
 */
export function makeIntake(deps: {
  queue: Pick<Queues['events'], 'add'>
  backlog: Pick<ReturnType<typeof makeBacklog>, 'last'>
  /** Bytes of jobs in Redis beyond which nothing is taken. */
  maxBacklog: number
  room: RoomLimits
  taken: Pick<Taken, 'add'>
  metrics: Metrics
}): Intake {
  const { queue, backlog, metrics } = deps
  const room = makeRoom(deps.room)
  const inTurn = makeInTurn()
  const { add } = makeCoalescer(write, { shareOf: ({ share }: Arrival) => share })

  async function write(arrivals: readonly Arrival[]): Promise<void> {
    const end = metrics.enqueueSeconds.startTimer()
    const deliveries = arrivals.map(({ delivery }) => delivery)
    // At once: it costs no second round trip. If one of both fails, the sender sends the events again.
    await Promise.all([queue.add('events', { deliveries }), deps.taken.add(deliveries)])
    end()
    for (const { registry, events, unread = [] } of deliveries)
      metrics.eventsAccepted.inc({ registry }, events.length + unread.length)
  }

  async function takeIn(registry: string, body: Buffer): Promise<void> {
    const receivedAt = new Date().toISOString()
    for await (const { events, unread, share } of readEnvelope(body)) {
      const delivery = { registry, receivedAt, events, ...(unread.length > 0 && { unread }) }
      await pace() // To write a job makes JSON of it again.
      await add({ delivery, share })
    }
  }

  return {
    admit(registry, bytes) {
      if (backlog.last().bytes > deps.maxBacklog)
        throw new IntakeBusy('backlog', 'the backlog has reached intake.maxBacklog: try again')
      const giveBack = room.take(registry, bytes)
      if (giveBack === undefined)
        throw new IntakeBusy('memory', 'too many large bodies are in progress: try again')
      return giveBack
    },

    receive: (registry, body) =>
      body.length < LARGE ? takeIn(registry, body) : inTurn(() => takeIn(registry, body)),
  }
}

/** Makes a function that runs one task at a time, in order. */
function makeInTurn() {
  let last: Promise<unknown> = Promise.resolve()
  return (task: () => Promise<void>): Promise<void> => {
    const done = last.then(task)
    last = done.catch(() => undefined)
    return done
  }
}

interface Arrival {
  delivery: Delivery
  /** The part of a full job that it fills. */
  share: number
}
