import type { makeMoveRepositories } from '../src/events/move-repositories.ts'
import type { makeResolveReferences } from '../src/events/resolve-references.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'

/** Jobs at a time. Each waits for a registry most of the time. */
const CONCURRENCY = 4

export const resolveWorker = (
  context: WorkerContext,
  deps: {
    resolveReferences: ReturnType<typeof makeResolveReferences>
    moveRepositories: ReturnType<typeof makeMoveRepositories>
  },
) =>
  makeWorker(
    'resolve',
    context,
    async (job) => {
      if (job.kind === 'references') return deps.resolveReferences(job)
      const moved = await deps.moveRepositories(job)
      const { registry, from, to } = job
      context.log.info({ registry, from, to, ...moved }, 'repositories moved')
      return moved
    },
    CONCURRENCY,
  )
