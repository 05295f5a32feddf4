import { countOutcomes } from '../src/expiry/decision.ts'
import type { Expiry } from '../src/expiry/expire.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

export const expiryWorker = (context: WorkerContext, expiry: Expiry) =>
  makeWorker('expiry', context, async ({ policy, dryRun: isDryRunAsked }) => {
    const run = await expiry.run(policy, isDryRunAsked)
    const { id, registry, dryRun, kept } = run
    const outcomes = countOutcomes(run.deletes)
    const { planned, deleted, absent, moved } = outcomes
    context.log.info(
      { run: id, policy, registry, dryRun, kept, ...outcomes },
      dryRun
        ? `expiry ${policy}, a dry run: ${planned} images would be deleted, ${kept} kept`
        : `expiry ${policy}: images deleted: ${deleted}, kept: ${kept + moved}, already gone: ${absent}`,
    )
  })
