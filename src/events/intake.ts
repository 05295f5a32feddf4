import { CoalescerFull, makeCoalescer } from '../platform/coalesce.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { makeBacklog } from '../queue/backlog.ts'
import type { Delivery } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { readEnvelope } from './envelope.ts'
import { trim } from './trim.ts'

export interface Intake {
  /**
   * Takes in the body of one request. Resolves once Redis has its events; nothing may be acknowledged before.
   * @throws NotAnEnvelope if the body is no notification; IntakeBusy if its events cannot be taken now; and whatever
   *   Redis throws
   */
  receive(registry: string, body: Buffer): Promise<void>
}

/** Why events are not taken now, as a sentence. The sender tries again. */
export class IntakeBusy extends Error {}

/** The most that one job holds. A request that brings more becomes a job of its own. */
export const JOB = { events: 500, bytes: 2 * 2 ** 20 }

/** How many full jobs may wait for Redis: bodies of 64 MiB. A registry has one request in flight, so few ever wait. */
const MAX_WAITING = 32

/**
 * Takes events in. Requests that arrive while a job is being written become one job of the `events` queue together.
 *
 * The same event may come twice: a registry that was answered too late sends it again (docs/registries.md, Delivery).
 * The index counts it once.
 */
export function makeIntake(deps: {
  queue: Pick<Queues['events'], 'add'>
  backlog: Pick<ReturnType<typeof makeBacklog>, 'last'>
  /** Bytes of jobs in Redis beyond which nothing is taken. */
  maxBacklog: number
  metrics: Metrics
}): Intake {
  const { queue, backlog, metrics } = deps
  const { add } = makeCoalescer(write, {
    shareOf: ({ delivery, bytes }: Arrival) =>
      Math.max(delivery.events.length / JOB.events, bytes / JOB.bytes),
    maxWaiting: MAX_WAITING,
  })

  async function write(arrivals: readonly Arrival[]): Promise<void> {
    const end = metrics.enqueueSeconds.startTimer()
    const deliveries = arrivals.map(({ delivery }) => delivery)
    await queue.add('events', { deliveries })
    end()
    for (const { registry, events } of deliveries) metrics.eventsAccepted.inc({ registry }, events.length)
  }

  return {
    async receive(registry, body) {
      const events = readEnvelope(body.toString())
      if (events.length === 0) return
      for (const event of events) trim(event)
      if (backlog.last().bytes > deps.maxBacklog) {
        metrics.deliveriesRefused.inc({ registry, reason: 'backlog' })
        throw new IntakeBusy('the backlog has reached intake.maxBacklog: try again')
      }
      const delivery = { registry, receivedAt: new Date().toISOString(), events }
      await add({ delivery, bytes: body.length }).catch((error) => {
        if (!(error instanceof CoalescerFull)) throw error
        metrics.deliveriesRefused.inc({ registry, reason: 'memory' })
        throw new IntakeBusy('Redis takes events more slowly than they come: try again')
      })
    },
  }
}

interface Arrival {
  delivery: Delivery
  /** The size of the request's body. */
  bytes: number
}
