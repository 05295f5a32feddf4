import { CoalescerFull, makeCoalescer } from '../platform/coalesce.ts'
import type { Metrics } from '../platform/metrics.ts'
import { makeRecent } from '../platform/recent.ts'
import type { makeBacklog } from '../queue/backlog.ts'
import type { Delivery } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { trim } from './trim.ts'

export interface Intake {
  /**
   * Resolves once Redis has the events, of which a request had `bytes`; until then nothing may be acknowledged.
   * @throws IntakeBusy if they cannot be taken now, and whatever Redis throws
   */
  receive(registry: string, events: readonly unknown[], bytes: number): Promise<void>
  /** To be called when Redis was lost: one that comes back, or takes over, may lack the last of what was acknowledged. */
  forgetRecent(): void
}

/** Why events are not taken, as a sentence; the sender tries again. */
export class IntakeBusy extends Error {}

/** One job holds at most so many events and bytes, as they were received; a larger request is a job by itself. */
const JOB = { events: 500, bytes: 2 * 2 ** 20 }

/** Full jobs that wait in memory for Redis: 64 MiB. Each registry has one request in flight, so only many wait. */
const MAX_WAITING = 32

/**
 * Events whose ids are remembered, once they are acknowledged. A registry that was answered too late sends the same event
 * again, at once and several times (REGISTRY-FACTS, Delivery).
 */
const RECENT = 20_000

interface Arrival extends Delivery {
  bytes: number
}

/**
 * Takes events in: those that arrive together become one job of the `events` queue. An event that this process has taken
 * already, or is about to, is not queued again. Of events that reach the queue twice all the same, by way of two processes
 * or of a write whose answer was lost, the index knows what to do.
 */
export function makeIntake(deps: {
  queues: Pick<Queues, 'events'>
  backlog: Pick<ReturnType<typeof makeBacklog>, 'last'>
  maxBacklog: number
  metrics: Metrics
}): Intake {
  const { queues, backlog, metrics } = deps
  const coalescer = makeCoalescer(
    async (arrivals: Arrival[]) => {
      const stop = metrics.enqueueSeconds.startTimer()
      await queues.events.add('events', { deliveries: arrivals.map(deliveryOf) })
      stop()
      for (const { registry, events } of arrivals) metrics.eventsAccepted.inc({ registry }, events.length)
    },
    {
      shareOf: ({ events, bytes }) => Math.max(events.length / JOB.events, bytes / JOB.bytes),
      maxWaiting: MAX_WAITING,
    },
  )
  const takenOf = new Map<string, ReturnType<typeof makeRecent<Taken>>>()

  /** What is known of a registry's events, by their ids. */
  function knownOf(registry: string) {
    const known = takenOf.get(registry) ?? makeRecent<Taken>(RECENT)
    takenOf.set(registry, known)
    return known
  }

  function refuse(registry: string, events: number, reason: 'backlog' | 'memory', sentence: string): never {
    metrics.eventsRefused.inc({ registry, reason }, events)
    throw new IntakeBusy(sentence)
  }

  return {
    forgetRecent: () => takenOf.clear(),

    async receive(registry, events, bytes) {
      if (backlog.last().bytes > deps.maxBacklog)
        refuse(registry, events.length, 'backlog', 'the backlog has reached intake.maxBacklog: try again')
      const known = knownOf(registry)
      const fresh: unknown[] = []
      const taken: Taken[] = []
      const writes: Promise<void>[] = []
      for (const event of events) {
        const mark = markOf(event)
        const before = mark && known.get(mark.id)
        if (before !== undefined && before.timestamp === mark?.timestamp) {
          if (before.written) writes.push(before.written)
          continue
        }
        trim(event)
        fresh.push(event)
        if (mark === undefined) continue
        taken.push(mark)
        known.set(mark.id, mark)
      }
      if (fresh.length > 0) {
        const written = coalescer.add({
          registry,
          receivedAt: new Date().toISOString(),
          events: fresh,
          bytes,
        })
        for (const one of taken) one.written = written
        // Of a write that failed nothing was taken.
        written.catch(() => {
          for (const one of taken) if (known.get(one.id) === one) known.delete(one.id)
        })
        writes.push(written)
      }
      if (fresh.length < events.length) metrics.eventsRepeated.inc({ registry }, events.length - fresh.length)
      try {
        for (const written of writes) await written
      } catch (error) {
        if (!(error instanceof CoalescerFull)) throw error
        refuse(registry, fresh.length, 'memory', 'Redis takes events more slowly than they come: try again')
      }
    },
  }
}

const deliveryOf = ({ registry, receivedAt, events }: Arrival): Delivery => ({ registry, receivedAt, events })

/** An event that was taken. */
interface Taken {
  id: string
  timestamp: string
  /** Settles as the write that it is in does; absent until it is handed over. */
  written?: Promise<void>
}

/** Longer ids no registry makes, and they would fill the memory. */
const LONGEST_ID = 128

/**
 * By what an event that is sent again is known; `undefined` where it has no such thing. Not by its id alone: should a
 * sender give two events one id, both count.
 */
function markOf(event: unknown): Taken | undefined {
  if (typeof event !== 'object' || event === null || !('id' in event && 'timestamp' in event))
    return undefined
  const { id, timestamp } = event
  if (typeof id !== 'string' || typeof timestamp !== 'string') return undefined
  return id.length > LONGEST_ID || timestamp.length > LONGEST_ID ? undefined : { id, timestamp }
}
