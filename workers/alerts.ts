import { UnrecoverableError } from 'bullmq'
import type { makeAnnounce } from '../src/alerts/announce.ts'
import { ChannelError } from '../src/alerts/channel-error.ts'
import { NotYet } from '../src/alerts/not-yet.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import { mayPutOff, putOff } from './put-off.ts'

/**
 * An alert that a channel refuses for good (say, its webhook was revoked) fails at once and is not retried. If the channel
 * asks to wait, or others are sent before, the job is put off.
 */
export const alertsWorker = (
  context: WorkerContext,
  { announce, giveUp }: ReturnType<typeof makeAnnounce>,
  concurrency: number,
) =>
  makeWorker(
    'alerts',
    context,
    (data, job) =>
      announce(data, { id: job.id ?? '', attempt: job.attemptsMade + 1 }).catch(async (error) => {
        if (error instanceof NotYet) return putOff(job, error.waitMs)
        if (!(error instanceof ChannelError)) throw error
        if (!error.retry) throw new UnrecoverableError(error.message)
        if (error.retryAfterMs === undefined || data.kind === 'test' || !mayPutOff(job)) throw error
        return putOff(job, error.retryAfterMs)
      }),
    {
      concurrency,
      onGivenUp: (job, error) => giveUp(job.data, { id: job.id ?? '', attempt: job.attemptsMade }, error),
    },
  )
