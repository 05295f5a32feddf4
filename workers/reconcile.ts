import { DelayedError, type Job } from 'bullmq'
import type { ReconcileJob } from '../src/queue/jobs.ts'
import { type JobWorker, makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import { type makeReconcile, ReconcileStopped } from '../src/reconcile/reconcile.ts'
import type { makeTurn } from '../src/reconcile/turn.ts'

/** Progress is saved, and the lock of the job checked, at most this often, in ms. */
const PROGRESS_MS = 500

export const reconcileWorker = (
  context: WorkerContext,
  { reconcile, turnOf }: { reconcile: ReturnType<typeof makeReconcile>; turnOf: ReturnType<typeof makeTurn> },
  isStopping: () => boolean,
  /** Registries that are reconciled at a time: all of them, so that a slow one holds up no other for hours. */
  registries: number,
): JobWorker<ReconcileJob> => {
  const worker: JobWorker<ReconcileJob> = makeWorker(
    'reconcile',
    context,
    async (request, job) => {
      const turn = await turnOf(job)
      if (turn.kind === 'share') return turn.report
      if (turn.kind === 'wait') return postpone(job, turn.ms)
      let progressSavedAt = 0
      try {
        return await reconcile(request, {
          // BullMQ counts its jobs from 1 again after Redis has lost its data.
          id: `${job.id} ${job.timestamp}`,
          isStopping,
          async onProgress({ repositories, listed, after, drift, failed }) {
            if (Date.now() - progressSavedAt < PROGRESS_MS) return
            progressSavedAt = Date.now()
            const isOurs = await job.extendLock(job.token ?? '', worker.opts.lockDuration ?? 0)
            if (!isOurs) throw new Error('this process was away for too long: another one has taken the job')
            await job.updateProgress({ repositories, of: listed, after, drift, failed })
          },
        })
      } catch (error) {
        if (!(error instanceof ReconcileStopped)) throw error
        // Another process, or this one after its restart, goes on from here.
        return postpone(job, 0)
      }
    },
    { concurrency: Math.max(1, registries) },
  )
  return worker
}

/** Puts a job back into the queue. It is no failed attempt. */
async function postpone(job: Job<ReconcileJob, unknown, string>, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, job.token)
  throw new DelayedError()
}
