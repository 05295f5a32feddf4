import { DelayedError, type Job, UnrecoverableError } from 'bullmq'
import type { makeAnnounce } from '../src/alerts/announce.ts'
import { ChannelError } from '../src/alerts/channel-error.ts'
import type { Jobs } from '../src/queue/jobs.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

/**
 * An alert that a channel refuses for good (say, its webhook was revoked) fails at once and is not retried. If the channel
 * asks to wait, the job is put off until then.
 */
export const alertsWorker = (context: WorkerContext, announce: ReturnType<typeof makeAnnounce>) =>
  makeWorker(
    'alerts',
    context,
    (data, job) =>
      announce(data).catch(async (error) => {
        if (!(error instanceof ChannelError)) throw error
        if (!error.retry) throw new UnrecoverableError(error.message)
        if (error.retryAfterMs !== undefined) await postpone(job, error.retryAfterMs)
        throw error
      }),
    { concurrency: 4 },
  )

/** Puts a job back into the queue. It is no failed attempt. */
async function postpone(job: Job<Jobs['alerts'], unknown, string>, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, job.token)
  throw new DelayedError()
}
