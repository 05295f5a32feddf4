import { makeCoalescer } from '../platform/coalesce.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Delivery } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { trimmed } from './trimmed.ts'

export interface Intake {
  /** Resolves once Redis has the events; until then nothing may be acknowledged. */
  receive(registry: string, events: unknown[]): Promise<void>
}

/** Deliveries in one job: a registry sends one event a request, so about as many events. */
const JOB_DELIVERIES = 500

/** Takes events in: those that arrive together become one job of the `events` queue. */
export function makeIntake({ queues, metrics }: { queues: Queues; metrics: Metrics }): Intake {
  const coalescer = makeCoalescer(
    async (deliveries: Delivery[]) => {
      const stop = metrics.enqueueSeconds.startTimer()
      await queues.events.add('events', { deliveries })
      stop()
    },
    { items: JOB_DELIVERIES },
  )
  return {
    async receive(registry, events) {
      await coalescer.add({ registry, receivedAt: new Date().toISOString(), events: events.map(trimmed) })
      metrics.eventsAccepted.inc({ registry }, events.length)
    },
  }
}
