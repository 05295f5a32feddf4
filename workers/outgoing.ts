import { UnrecoverableError } from 'bullmq'
import type { Send } from '../src/outgoing/tell.ts'
import type { Jobs } from '../src/queue/jobs.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import { inPlace, makePlaces } from '../src/queue/places.ts'

/** Events at a time to one receiver, so that one that is slow or away holds up no other. */
const EACH = 4

/** Sends changes to receivers. */
export const outgoingWorker = (context: WorkerContext, send: Send, receivers: number) =>
  makeWorker(
    'outgoing',
    context,
    inPlace(
      makePlaces({ each: EACH }),
      ({ to }: Jobs['outgoing']) => to,
      (data) =>
        send(data).catch((error: Error & { retry?: boolean }) => {
          throw error.retry === false ? new UnrecoverableError(error.message) : error
        }),
    ),
    { concurrency: EACH * Math.max(1, receivers) },
  )
