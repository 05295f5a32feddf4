import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import type { Surveys } from '../src/space/surveys.ts'

export const storageWorker = (context: WorkerContext, surveys: Surveys) =>
  makeWorker('storage', context, async ({ registry }) => (await surveys.survey(registry)).report)
