import { UnrecoverableError } from 'bullmq'
import type { JournalJob } from '../src/queue/jobs.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import type { WriteJournal } from '../src/replay/write-journal.ts'

/** Shortest time between two reports of progress, in ms. */
const PROGRESS_MS = 500

export type RunReplay = (
  job: Extract<JournalJob, { kind: 'replay' }>,
  onProgress: (progress: object) => Promise<unknown>,
) => Promise<unknown>

/** Two at a time: while a replay runs, what is heard is written. */
export const journalWorker = (
  context: WorkerContext,
  {
    write,
    replay,
    isHopeless,
  }: { write: WriteJournal; replay: RunReplay; isHopeless: (error: unknown) => boolean },
) =>
  makeWorker(
    'journal',
    context,
    async (data, job) => {
      if (data.kind === 'write') return write()
      let reportedAt = Number.NEGATIVE_INFINITY
      const onProgress = async (progress: object) => {
        if (performance.now() - reportedAt < PROGRESS_MS) return
        reportedAt = performance.now()
        await job.updateProgress(progress)
      }
      return replay(data, onProgress).catch((error) => {
        throw isHopeless(error) ? new UnrecoverableError(error.message) : error
      })
    },
    { concurrency: 2 },
  )
