import type { makeIndexEvents } from '../src/events/index-events.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

/** Jobs at a time: what they bring goes to the index together. */
export const EVENTS_JOBS = 16

export const eventsWorker = (context: WorkerContext, indexEvents: ReturnType<typeof makeIndexEvents>) =>
  makeWorker('events', context, ({ deliveries }) => indexEvents(deliveries), EVENTS_JOBS)
