import type { InTurn } from '../http/turns.ts'
import { makeApprove } from '../promotion/approve.ts'
import { makePromotionAudit } from '../promotion/audit.ts'
import { makeExisting } from '../promotion/existing.ts'
import { makeLookAtTarget } from '../promotion/look-at-target.ts'
import { makeOptionsOf } from '../promotion/options-of.ts'
import { makeRequestPromotion } from '../promotion/request.ts'
import { makeFindPromotion } from '../promotion/status.ts'
import { makeWhyHopeless } from '../promotion/why-hopeless.ts'
import type { Parts } from './parts.ts'

/** Makes what the API needs for promotions that people and CI jobs ask for. `inTurn` is for large reads of the index. */
export function promotionRequests(
  parts: Parts,
  {
    queues,
    index,
    approvals,
    awaited,
    targets,
  }: Pick<Awaited<ReturnType<Parts['onRedis']>>, 'queues' | 'index' | 'approvals' | 'awaited' | 'targets'>,
  inTurn: InTurn,
) {
  const { clientOf, projectOf, registries, match, settings, journals } = parts
  const rules = () => settings().config.promotion.rules
  const find = makeFindPromotion({ receipts: journals.receipts, queues })
  return {
    request: makeRequestPromotion({
      ...{ queues, clientOf, projectOf, registries, match },
      index: { ...index, images: (...repository) => inTurn(() => index.images(...repository)) },
      ...{ rules, now: () => Date.now() * 1_000 },
    }),
    approve: makeApprove({
      ...{ queues, approvals, rules, receipts: journals.receipts },
      wake: awaited.wake,
      whyHopeless: makeWhyHopeless({
        ...{ clientOf, optionsOf: makeOptionsOf(match) },
        lookAtTarget: makeLookAtTarget({ clientOf, targets }),
      }),
    }),
    find,
    existing: makeExisting({ queues, index, clientOf, find, rules, match, targets }),
    auditPromotions: makePromotionAudit({ queues, index, clientOf, find, rules, match, targets }),
  }
}
