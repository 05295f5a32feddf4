import type { makeIndexEvents } from '../src/events/index-events.ts'
import { deliveriesOf } from '../src/queue/inbox.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import type { Queues } from '../src/queue/queues.ts'

/** Jobs at a time: what they bring goes to the index together. */
export const EVENTS_JOBS = 16

export const eventsWorker = (
  context: WorkerContext,
  queue: Queues['events'],
  indexEvents: ReturnType<typeof makeIndexEvents>,
) => makeWorker('events', context, async (_, job) => indexEvents(await deliveriesOf(queue, job)), EVENTS_JOBS)
