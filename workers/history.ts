import type { makeTakeSamples } from '../src/history/take-samples.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

export const historyWorker = (context: WorkerContext, takeSamples: ReturnType<typeof makeTakeSamples>) =>
  makeWorker('history', context, takeSamples)
