import { formatSize } from '../src/platform/units.ts'
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
        const { rule, registry, repository, tag, digest } = job
        const from = `${registry}/${repository}:${tag}`
        if (receipt === undefined) {
          const why = 'a younger push has its tag, the rule is gone, or expiry deletes the tag'
          context.log.info({ rule, registry, repository, tag, digest }, `not promoted: ${from}: ${why}`)
          return
        }
        const { to, bytes, blobs, manifests } = receipt
        context.log.info(
          { rule, from: receipt.from, to, digest, bytes, blobs, manifests: manifests.length },
          `promoted ${from} to ${to.registry}/${to.repository}:${to.tag}: ${formatSize(bytes)} sent`,
        )
      },
    ),
  )
