import type { Expiry } from '../src/expiry/expire.ts'
import { summaryOf } from '../src/expiry/runs.ts'
import { jobId } from '../src/queue/job-id.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

export const expiryWorker = (context: WorkerContext, expiry: Expiry) =>
  makeWorker('expiry', context, async (request, job) => {
    // The same for each attempt of a job, so that all have one record.
    const identity = {
      id: jobId('expiry run', job.id ?? '', job.timestamp),
      at: new Date(job.timestamp + (job.opts.delay ?? 0)).toISOString(),
      isAgain: job.attemptsStarted > 1,
    }
    const summary = summaryOf(await expiry.run(request, identity))
    const { id, policy, registry, dryRun, kept, outcomes } = summary
    const { planned, deleted, absent, moved } = outcomes
    context.log.info(
      { run: id, policy, registry, dryRun, kept, ...outcomes },
      dryRun
        ? `expiry ${policy}, a dry run: ${planned} images would be deleted, ${kept} kept`
        : `expiry ${policy}: images deleted: ${deleted}, kept: ${kept + moved}, already gone: ${absent}`,
    )
    return summary
  })
