import { DelayedError, type Job } from 'bullmq'
import type { Repair } from '../src/integrity/repair.ts'
import type { RepairResult } from '../src/integrity/repair-result.ts'
import type { Scrub } from '../src/integrity/scrub.ts'
import type { RepairJob, ScrubJob } from '../src/queue/jobs.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

/** How long a repair waits before it looks again whether its registry takes writes, in ms. */
const HELD_MS = 30_000

/** `registries`: those that are scrubbed. Their scrubs read for minutes, and must not hold up a repair. */
export const integrityWorker = (
  context: WorkerContext,
  deps: {
    repair: Repair
    scrub: Scrub
    /** Whether a collection of garbage makes a registry read-only now. */
    isHeld: (registry: string) => Promise<boolean>
    /** Told once a repair has ended. */
    onRepaired: (job: RepairJob, result: RepairResult) => Promise<unknown>
    /** Whether no other scrub of the registry is in hand. */
    isTurn: (registry: string, job: string | undefined) => Promise<boolean>
  },
  registries: number,
) =>
  makeWorker(
    'integrity',
    context,
    async (data, job) => {
      if (data.kind === 'repair') {
        const isHeld = () => (data.dryRun ? false : deps.isHeld(data.registry))
        if (await isHeld()) return postpone(job)
        const result = await deps.repair(data)
        // What a registry refuses that is read-only is no failure.
        if (!result.isWhole && (await isHeld())) return postpone(job)
        await deps.onRepaired(data, result)
        return result
      }
      // The one that is in hand reads what is due.
      if (await deps.isTurn(data.registry, job.id)) return deps.scrub(data)
      return { registry: data.registry, images: 0, bytes: 0, damaged: 0, unread: 0, skipped: true }
    },
    { concurrency: 2 * registries + 2 },
  )

/** Puts a repair back into the queue. It is no failed attempt. */
async function postpone(job: Job<RepairJob | ScrubJob, unknown, string>): Promise<never> {
  await job.moveToDelayed(Date.now() + HELD_MS, job.token)
  throw new DelayedError()
}
