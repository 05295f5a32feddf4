import { CoalescerFull, makeCoalescer } from '../platform/coalesce.ts'
import type { Metrics } from '../platform/metrics.ts'
import { makeRecent } from '../platform/recent.ts'
import { stayAwake } from '../platform/stay-awake.ts'
import type { makeBacklog } from '../queue/backlog.ts'
import { type Inbox, JOB } from '../queue/inbox.ts'
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

/** Full jobs that wait in memory for Redis: 64 MiB. Each registry has one request in flight, so only many wait. */
const MAX_WAITING = 32

/** So many go at once: of 64 registries half are read from while the others' events are on their way to Redis. */
const ENOUGH = 32

/** So long we stay awake for a lone event, in ms: Redis has it after 0.13 (docs/performance.md), and its registry waits. */
const AWAKE_MS = 0.3

interface Arrival {
  registry: string
  body: Buffer
  /** What it turned out to be, where it has no events. */
  refusal?: NotAnEnvelope
}

/**
 * Takes events in: those that arrive together are written together and become one job of the `events` queue. A body is
 * read only when its turn to be written has come, so that all of a job's are read in one go: as they came, one by one
 * between everything else that a request takes, each step took several times as long (docs/performance.md). An event that
 * this process has taken lately is not queued again; a registry that was answered too late sends the same one again, at
 * once and several times (docs/registries.md, Delivery). Of events that reach the queue twice all the same, by way of two
 * processes or of a write whose answer was lost, the index knows what to do.
 */
export function makeIntake(deps: {
  inbox: Pick<Inbox, 'put'>
  backlog: Pick<ReturnType<typeof makeBacklog>, 'last'>
  maxBacklog: number
  metrics: Metrics
}): Intake {
  const { inbox, backlog, metrics } = deps
  const recent = makeRecent()
  const coalescer = makeCoalescer(write, {
    shareOf: ({ body }: Arrival) => Math.max(1 / JOB.events, body.length / JOB.bytes),
    maxWaiting: MAX_WAITING,
    enough: ENOUGH,
  })

  /** One job at a time: what comes again while it is being written waits for that. */
  async function write(arrivals: readonly Arrival[]): Promise<void> {
    if (backlog.last().bytes > deps.maxBacklog)
      throw new IntakeBusy('the backlog has reached intake.maxBacklog: try again')
    let job = emptyJob()
    for (const arrival of arrivals) {
      const events = readEnvelope(arrival.body.toString())
      if (events instanceof NotAnEnvelope) {
        arrival.refusal = events
        continue
      }
      if (job.count > 0 && job.count + events.length > JOB.events) {
        await add(job)
        job = emptyJob()
      }
      put(arrival.registry, events, job)
    }
    if (job.count > 0) await add(job)
  }

  /** Puts those events that are not known into the job; from now on they are. */
  function put(registry: string, events: readonly unknown[], job: EventsJob): void {
    const taken = job.events.get(registry) ?? []
    const before = taken.length
    for (const event of events) {
      const mark = markOf(registry, event)
      if (mark !== undefined) {
        if (recent.add(mark)) continue
        job.marks.push(mark)
      }
      trim(event)
      taken.push(event)
    }
    const fresh = taken.length - before
    if (taken.length > 0) job.events.set(registry, taken)
    if (fresh < events.length) metrics.eventsRepeated.inc({ registry }, events.length - fresh)
    job.count += fresh
  }

  async function add({ events, marks, count }: EventsJob): Promise<void> {
    const began = performance.now()
    const receivedAt = new Date().toISOString()
    const deliveries = [...events].map(([registry, events]) => ({ registry, receivedAt, events }))
    try {
      const kept = inbox.put(deliveries)
      if (count === 1) stayAwake(kept, AWAKE_MS)
      await kept
    } catch (error) {
      for (const mark of marks) recent.forget(mark)
      throw error
    }
    metrics.enqueueSeconds.observe((performance.now() - began) / 1000)
    for (const { registry, events } of deliveries) metrics.eventsAccepted.inc({ registry }, events.length)
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

interface EventsJob {
  /** By registry. */
  events: Map<string, unknown[]>
  count: number
  /** Of those events that have one. */
  marks: string[]
}

const emptyJob = (): EventsJob => ({ events: new Map(), count: 0, marks: [] })

/**
 * By what an event that is sent again is known; `undefined` where it has no such thing. Not by its id alone: should a
 * sender give two events one id, both count. The length keeps id and timestamp apart.
 */
function markOf(registry: string, event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null || !('id' in event && 'timestamp' in event))
    return undefined
  const { id, timestamp } = event
  return typeof id === 'string' && typeof timestamp === 'string'
    ? `${registry} ${id.length} ${id}${timestamp}`
    : undefined
}
