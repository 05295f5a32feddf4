import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import type { makeEnforce } from '../src/quota/enforce.ts'

export const quotaWorker = (context: WorkerContext, enforce: ReturnType<typeof makeEnforce>) =>
  makeWorker('quota', context, (subject) => enforce(subject, new Date()), { concurrency: 8 })
