import { type Job, UnrecoverableError } from 'bullmq'
import { ChannelError } from '../src/alerts/channel-error.ts'
import type { Send } from '../src/outgoing/tell.ts'
import type { Jobs } from '../src/queue/jobs.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import { inPlace, makePlaces } from '../src/queue/places.ts'
import { mayPutOff, putOff } from './put-off.ts'

/** Events at a time to one receiver, so that one that is slow or away holds up no other. */
const EACH = 4

/** Sends changes to receivers. If one asks to wait, the job is put off; if it refuses for good, the job fails at once. */
export const outgoingWorker = (context: WorkerContext, { send, giveUp }: Send, receivers: number) =>
  makeWorker(
    'outgoing',
    context,
    inPlace(
      makePlaces({ each: EACH }),
      ({ to }: Jobs['outgoing']) => to,
      (data, job: Job<Jobs['outgoing'], unknown, string>) =>
        send(data, job.attemptsMade + 1).catch(async (error) => {
          if (!(error instanceof ChannelError)) throw error
          if (!error.retry) throw new UnrecoverableError(error.message)
          if (error.retryAfterMs === undefined || !mayPutOff(job)) throw error
          return putOff(job, error.retryAfterMs)
        }),
    ),
    {
      concurrency: EACH * Math.max(1, receivers),
      onGivenUp: (job, error) => giveUp(job.data, error),
    },
  )
