import { DelayedError } from 'bullmq'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import { type makeReconcile, ReconcileStopped } from '../src/reconcile/reconcile.ts'

/** Progress is saved at most this often, in ms. */
const PROGRESS_MS = 500

export const reconcileWorker = (
  context: WorkerContext,
  reconcile: ReturnType<typeof makeReconcile>,
  isStopping: () => boolean,
  /** Registries that are reconciled at a time: all of them, so that a slow one holds up no other for hours. */
  registries: number,
) =>
  makeWorker(
    'reconcile',
    context,
    async (request, job) => {
      let progressSavedAt = 0
      try {
        return await reconcile(request, {
          id: job.id ?? '',
          isStopping,
          async onProgress({ repositories, after, drift, failed }) {
            if (Date.now() - progressSavedAt < PROGRESS_MS) return
            progressSavedAt = Date.now()
            await job.updateProgress({ repositories, after, drift, failed })
          },
        })
      } catch (error) {
        if (!(error instanceof ReconcileStopped)) throw error
        // Back to the queue: another process, or this one after its restart, goes on from here.
        await job.moveToDelayed(Date.now(), job.token)
        throw new DelayedError()
      }
    },
    Math.max(1, registries),
  )
