import type { makeIndexEvents } from '../src/events/index-events.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

/** Jobs at a time: while one waits for Redis, the next is parsed. */
const CONCURRENCY = 8

export const eventsWorker = (context: WorkerContext, indexEvents: ReturnType<typeof makeIndexEvents>) =>
  makeWorker('events', context, ({ deliveries }) => indexEvents(deliveries), CONCURRENCY)
