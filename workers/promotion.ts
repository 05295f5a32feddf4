import type { makePromote } from '../src/promotion/promote.ts'
import { makeWorker, type WorkerContext } from '../src/queue/make-worker.ts'
import { inPlace, makePlaces } from '../src/queue/places.ts'

/** Copies at a time between one pair of registries. */
const EACH = 2

/** How many jobs the worker takes at a time, so that no pair of registries holds up another. */
export const concurrencyFor = (pairs: number): number => EACH * Math.max(1, pairs)

/** `pairOf` names the registries between which a rule copies: each pair has places of its own. */
export const promotionWorker = (
  context: WorkerContext,
  promote: ReturnType<typeof makePromote>,
  pairOf: (rule: string) => string,
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
  )
