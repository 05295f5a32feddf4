import { promotionWorker } from '../../workers/promotion.ts'
import { makePromote } from '../promotion/promote.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Starts the worker that copies images by the promotion rules. */
export function startPromotion(parts: WorkerParts) {
  const pairs = new Map(
    parts.config.promotion.rules.map(({ name, from, to }) => [name, `${from.registry} ${to.registry}`]),
  )
  return promotionWorker(parts.context, makePromote({ ...parts, receipts: parts.journals.receipts }), {
    pairOf: (rule) => pairs.get(rule) ?? '',
    pairs: new Set(pairs.values()).size,
  })
}
