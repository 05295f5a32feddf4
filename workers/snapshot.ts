import { UnrecoverableError } from 'bullmq'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import { SnapshotError } from '../src/snapshot/snapshot-error.ts'
import type { Snapshots } from '../src/snapshot/snapshots.ts'
import type { OnProgress } from '../src/snapshot/write-snapshot.ts'

/** Shortest time between two reports of progress, in ms. */
const PROGRESS_MS = 500

export const snapshotWorker = (context: WorkerContext, snapshots: Snapshots) =>
  makeWorker('snapshot', context, async (data, job) => {
    let reportedAt = 0
    const onProgress: OnProgress = async (progress) => {
      if (Date.now() - reportedAt < PROGRESS_MS) return
      reportedAt = Date.now()
      await job.updateProgress(progress)
    }
    const run = () => {
      if (data.kind === 'restore') return snapshots.restore(data.key, onProgress)
      return data.kind === 'write' ? snapshots.write(onProgress) : snapshots.recover(onProgress)
    }
    return run().catch((error) => {
      throw error instanceof SnapshotError ? new UnrecoverableError(error.message) : error
    })
  })
