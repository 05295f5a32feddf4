import type { Repair } from '../src/integrity/repair.ts'
import type { Scrub } from '../src/integrity/scrub.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

/** `registries`: those that are scrubbed. Their scrubs read for minutes, and must not hold up a repair. */
export const integrityWorker = (
  context: WorkerContext,
  deps: {
    repair: Repair
    scrub: Scrub
    /** Whether no other scrub of the registry is in hand. */
    isTurn: (registry: string, job: string | undefined) => Promise<boolean>
  },
  registries: number,
) =>
  makeWorker(
    'integrity',
    context,
    async (data, job) => {
      if (data.kind === 'repair') return deps.repair(data)
      // The one that is in hand reads what is due.
      if (await deps.isTurn(data.registry, job.id)) return deps.scrub(data)
      return { registry: data.registry, images: 0, bytes: 0, damaged: 0, unread: 0, skipped: true }
    },
    { concurrency: 2 * registries + 2 },
  )
