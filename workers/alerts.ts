import { UnrecoverableError } from 'bullmq'
import type { makeAnnounce } from '../src/alerts/announce.ts'
import { ChannelError } from '../src/alerts/channel-error.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

/** An alert that a channel refuses for good (say, its webhook was revoked) fails at once and is not retried. */
export const alertsWorker = (context: WorkerContext, announce: ReturnType<typeof makeAnnounce>) =>
  makeWorker(
    'alerts',
    context,
    (job) =>
      announce(job).catch((error) => {
        throw error instanceof ChannelError && !error.retry ? new UnrecoverableError(error.message) : error
      }),
    { concurrency: 4 },
  )
