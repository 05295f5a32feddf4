import type { makePromote } from '../src/promotion/promote.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

export const promotionWorker = (context: WorkerContext, promote: ReturnType<typeof makePromote>) =>
  makeWorker(
    'promotion',
    context,
    async (job) => {
      const receipt = await promote(job, new Date())
      const { rule, repository, tag, digest } = job
      context.log.info(
        { rule, repository, tag, digest, to: receipt?.to, bytes: receipt?.bytes },
        receipt ? 'promoted' : 'promotion superseded',
      )
    },
    2,
  )
