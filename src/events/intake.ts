import { CoalescerFull, makeCoalescer } from '../platform/coalesce.ts'
import type { Metrics } from '../platform/metrics.ts'
import { makeRecent } from '../platform/recent.ts'
import type { AddEvents } from '../queue/add-events.ts'
import type { makeBacklog } from '../queue/backlog.ts'
import { NotAnEnvelope, readEnvelope } from './envelope.ts'
import { trim } from './trim.ts'

export interface Intake {
  /**
   * Takes a request's body in. Resolves once Redis has its events; until then nothing may be acknowledged.
   * @throws NotAnEnvelope; IntakeBusy if they cannot be taken now; and whatever Redis throws
   */
  receive(registry: string, body: Buffer): Promise<void>
  /** To be called when Redis was lost: one that comes back, or takes over, may lack the last of what was acknowledged. */
  forgetRecent(): void
}

/** Why events are not taken, as a sentence; the sender tries again. */
export class IntakeBusy extends Error {}

/**
 * One job holds what at most so many requests bring, of so many bytes together; a larger request is a job by itself. A
 * registry sends one event a request, of 600 bytes at least.
 */
const JOB = { requests: 500, bytes: 2 * 2 ** 20 }

/** Full jobs that wait in memory for Redis: 64 MiB. Each registry has one request in flight, so only many wait. */
const MAX_WAITING = 32

interface Arrival {
  registry: string
  body: Buffer
  /** What it turned out to be, where it has no events. */
  refusal?: NotAnEnvelope
}

/**
 * Takes events in: those that arrive together become one job of the `events` queue. A body is read only when its turn to
 * be written has come, so that all of a job's are read in one go: as they came, one by one between everything else that
 * a request takes, it cost twice as much (docs/performance.md). An event that this process has taken lately is not queued
 * again; a registry that was answered too late sends the same one again, at once and several times (REGISTRY-FACTS,
 * Delivery). Of events that reach the queue twice all the same, by way of two processes or of a write whose answer was
 * lost, the index knows what to do.
 */
export function makeIntake(deps: {
  addEvents: AddEvents
  backlog: Pick<ReturnType<typeof makeBacklog>, 'last'>
  maxBacklog: number
  metrics: Metrics
}): Intake {
  const { addEvents, backlog, metrics } = deps
  const recent = makeRecent()
  const coalescer = makeCoalescer(write, {
    shareOf: ({ body }: Arrival) => Math.max(1 / JOB.requests, body.length / JOB.bytes),
    maxWaiting: MAX_WAITING,
  })

  /** One job at a time: what comes again while it is being written waits for that. */
  async function write(arrivals: readonly Arrival[]): Promise<void> {
    if (backlog.last().bytes > deps.maxBacklog)
      throw new IntakeBusy('the backlog has reached intake.maxBacklog: try again')
    const fresh = new Map<string, unknown[]>()
    const marks: string[] = []
    try {
      for (const arrival of arrivals) read(arrival, fresh, marks)
      if (fresh.size === 0) return
      const began = performance.now()
      const receivedAt = new Date().toISOString()
      const deliveries = [...fresh].map(([registry, events]) => ({ registry, receivedAt, events }))
      await addEvents({ deliveries })
      metrics.enqueueSeconds.observe((performance.now() - began) / 1000)
    } catch (error) {
      for (const mark of marks) recent.forget(mark)
      throw error
    }
    for (const [registry, events] of fresh) metrics.eventsAccepted.inc({ registry }, events.length)
  }

  /** Adds those events that are not known to `fresh`, by registry, and what they are known by from now on to `marks`. */
  function read(arrival: Arrival, fresh: Map<string, unknown[]>, marks: string[]): void {
    const { registry, body } = arrival
    const events = readEnvelope(body.toString())
    if (events instanceof NotAnEnvelope) {
      arrival.refusal = events
      return
    }
    const taken = fresh.get(registry) ?? []
    const expected = taken.length + events.length
    for (const event of events) {
      const mark = markOf(registry, event)
      if (mark !== undefined) {
        if (recent.add(mark)) continue
        marks.push(mark)
      }
      trim(event)
      taken.push(event)
    }
    if (taken.length > 0) fresh.set(registry, taken)
    if (taken.length < expected) metrics.eventsRepeated.inc({ registry }, expected - taken.length)
  }

  return {
    forgetRecent: recent.clear,

    async receive(registry, body) {
      const arrival: Arrival = { registry, body }
      try {
        await coalescer.add(arrival)
      } catch (error) {
        if (error instanceof IntakeBusy) metrics.deliveriesRefused.inc({ registry, reason: 'backlog' })
        if (!(error instanceof CoalescerFull)) throw error
        metrics.deliveriesRefused.inc({ registry, reason: 'memory' })
        throw new IntakeBusy('Redis takes events more slowly than they come: try again')
      }
      if (arrival.refusal) throw arrival.refusal
    },
  }
}

/**
 * By what an event that is sent again is known; `undefined` where it has no such thing. Not by its id alone: should a
 * sender give two events one id, both count.
 */
function markOf(registry: string, event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null || !('id' in event && 'timestamp' in event))
    return undefined
  const { id, timestamp } = event
  return typeof id === 'string' && typeof timestamp === 'string'
    ? `${registry} ${id} ${timestamp}`
    : undefined
}
