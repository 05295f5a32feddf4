import { DelayedError, type Job } from 'bullmq'
import type { RunSummary } from '../src/expiry/decision.ts'
import type { Expiry } from '../src/expiry/expire.ts'
import { RunPaused } from '../src/expiry/run-gate.ts'
import { runOf } from '../src/expiry/run-id.ts'
import { doneText } from '../src/expiry/run-text.ts'
import type { RunTurn } from '../src/expiry/run-turn.ts'
import { summaryOf } from '../src/expiry/runs.ts'
import { heldText } from '../src/expiry/share.ts'
import type { ExpiryJob } from '../src/queue/jobs.ts'
import { type JobWorker, makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import type { Queues } from '../src/queue/queues.ts'

/** Progress is saved, and the lock of the job checked, at most this often, in ms. */
const PROGRESS_MS = 500

/** How long a run waits before it looks again whether another one of its registry is done, in ms. */
const LOOK_MS = 2_000

/** Runs policies: one for each registry at a time, so that a slow registry holds up no other. */
export function expiryWorker(
  context: WorkerContext,
  {
    expiry,
    isTurn,
    queues,
  }: { expiry: Pick<Expiry, 'run'>; isTurn: RunTurn; queues: Pick<Queues, 'expiry'> },
  registries: number,
): JobWorker<ExpiryJob> {
  const worker: JobWorker<ExpiryJob> = makeWorker(
    'expiry',
    context,
    async (request, job) => {
      if (!(await isTurn(job))) return postpone(job, LOOK_MS)
      let savedAt = 0
      try {
        const run = await expiry.run(request, runOf(job), {
          async stopOf() {
            const now = await queues.expiry.getJob(job.id ?? '')
            return now === undefined
              ? { by: 'the loss of its job', at: new Date().toISOString() }
              : now.data.stopped
          },
          async onProgress(progress) {
            if (Date.now() - savedAt < PROGRESS_MS) return
            savedAt = Date.now()
            const isOurs = await job.extendLock(job.token ?? '', worker.opts.lockDuration ?? 0)
            if (!isOurs) throw new Error('this process was away for too long: another one has taken the job')
            await job.updateProgress(progress)
          },
        })
        const summary = summaryOf(run)
        logEnd(context, summary)
        return summary
      } catch (error) {
        if (!(error instanceof RunPaused)) throw error
        // Another process, or this one after its restart, goes on from here.
        return postpone(job, 0)
      }
    },
    { concurrency: Math.max(1, registries) },
  )
  return worker
}

function logEnd({ log }: WorkerContext, summary: RunSummary): void {
  const { id, policy, registry, dryRun, kept, outcomes, announced, waiting, held } = summary
  const text = [doneText(summary), heldText(summary)].filter((part) => part !== undefined).join('; ')
  log.info(
    { run: id, policy, registry, dryRun, kept, ...outcomes, announced, waiting, held },
    `expiry ${policy}${dryRun ? ', a dry run' : ''}: ${text}`,
  )
}

/** Puts a job back into the queue. It is no failed attempt. */
async function postpone(job: Job<ExpiryJob, unknown, string>, ms: number): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, job.token)
  throw new DelayedError()
}
