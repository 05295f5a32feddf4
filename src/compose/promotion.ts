import { promotionWorker } from '../../workers/promotion.ts'
import { makePromote } from '../promotion/promote.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Starts the worker that copies images by the promotion rules. */
export function startPromotion(parts: WorkerParts) {
  return promotionWorker(parts.context, makePromote({ ...parts, receipts: parts.journals.receipts }))
}
