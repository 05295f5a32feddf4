import type { makePromote } from '../src/promotion/promote.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import { inPlace, makePlaces } from '../src/queue/places.ts'

/** Copies at a time between one pair of registries. */
const EACH = 2

/** `pairOf` names the registries between which a rule copies: each pair has places of its own. */
export const promotionWorker = (
  context: WorkerContext,
  promote: ReturnType<typeof makePromote>,
  { pairOf, pairs }: { pairOf: (rule: string) => string; pairs: number },
) =>
  makeWorker(
    'promotion',
    context,
    inPlace(
      makePlaces({ each: EACH }),
      ({ rule }) => pairOf(rule),
      async (job) => {
        const receipt = await promote(job, new Date())
        const { rule, repository, tag, digest } = job
        context.log.info(
          { rule, repository, tag, digest, to: receipt?.to, bytes: receipt?.bytes },
          receipt ? 'promoted' : 'promotion superseded',
        )
      },
    ),
    EACH * Math.max(1, pairs),
  )
