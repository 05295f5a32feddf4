import type { Expiry } from '../src/expiry/expire.ts'
import { summaryOf } from '../src/expiry/runs.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

export const expiryWorker = (context: WorkerContext, expiry: Expiry) =>
  makeWorker('expiry', context, async ({ policy, dryRun }) => {
    const run = await expiry.run(policy, dryRun)
    context.log.info({ policy, dryRun, kept: run.kept, deletes: run.deletes.length }, 'expiry run')
    return summaryOf(run)
  })
