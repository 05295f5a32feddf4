import type { makeIndexEvents } from '../src/events/index-events.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

/** Jobs at a time. Their facts go to the index together (usage/coalesce-apply.ts). */
const EVENTS_JOBS = 16

export const eventsWorker = (context: WorkerContext, indexEvents: ReturnType<typeof makeIndexEvents>) =>
  makeWorker('events', context, ({ deliveries }) => indexEvents(deliveries), { concurrency: EVENTS_JOBS })
