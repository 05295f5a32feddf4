import { concurrencyFor, promotionWorker } from '../../workers/promotion.ts'
import { makeIsPlaceholder } from '../expiry/remove-tag-placeholder.ts'
import { makeCopier } from '../promotion/copy/copy-image.ts'
import { makePromote } from '../promotion/promote.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Starts the worker that copies images by the promotion rules. */
export function startPromotion(parts: WorkerParts) {
  const { settings } = parts
  const worker = promotionWorker(
    parts.context,
    makePromote({
      ...parts,
      ...makeCopier(),
      receipts: parts.journals.receipts,
      isPlaceholder: makeIsPlaceholder(parts.store),
    }),
    (rule) => settings().pairs.get(rule) ?? '',
  )
  const setConcurrency = () => {
    worker.concurrency = concurrencyFor(new Set(settings().pairs.values()).size)
  }
  setConcurrency()
  parts.onReload(async () => setConcurrency())
  return worker
}
