import type { makeMoveRepositories } from '../src/events/move-repositories.ts'
import type { makeResolveReferences } from '../src/events/resolve-references.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import { inPlace, makePlaces } from '../src/queue/places.ts'

/** Jobs of one registry at a time. Each waits for the registry most of the time. */
const EACH = 4

export const resolveWorker = (
  context: WorkerContext,
  deps: {
    resolveReferences: ReturnType<typeof makeResolveReferences>
    moveRepositories: ReturnType<typeof makeMoveRepositories>
    /** The number of registries. */
    registries: number
  },
) =>
  makeWorker(
    'resolve',
    context,
    inPlace(
      makePlaces({ each: EACH }),
      ({ registry }) => registry,
      async (job) => {
        if (job.kind === 'references') return deps.resolveReferences(job)
        const moved = await deps.moveRepositories(job)
        const { registry, from, to } = job
        context.log.info(
          { registry, from, to, ...moved },
          `repositories of ${registry} moved from ${from} to ${to}`,
        )
        return moved
      },
    ),
    { concurrency: EACH * Math.max(1, deps.registries) },
  )
