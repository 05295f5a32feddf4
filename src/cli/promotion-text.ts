import { Check } from 'typebox/schema'
import { formatSize } from '../platform/units.ts'
import { PromotionProgress } from '../promotion/progress.ts'
import type { PromotionReceipt } from '../promotion/receipt.ts'
import type { PromotionStatus } from '../promotion/status.ts'
import { columns } from './output/columns.ts'
import { sizeCell, table } from './table.ts'

/** What CSV has of a receipt. */
export const RECEIPT_COLUMNS = columns<PromotionReceipt>(
  ...(['id', 'at', 'kind', 'rule', 'by', 'askedAt', 'digest', 'replaced'] as const),
  ...(['from.registry', 'from.repository', 'from.tag', 'to.registry', 'to.repository', 'to.tag'] as const),
  ...(['blobs.sent.count', 'blobs.sent.bytes', 'blobs.mounted.bytes', 'blobs.present.bytes'] as const),
  'rolledBack',
)

/** What CSV has of a promotion. */
export const STATUS_COLUMNS = columns<PromotionStatus>(
  ...(['id', 'askedAt', 'state', 'rule', 'by', 'image', 'digest', 'target', 'why'] as const),
  ...(['receipt.at', 'receipt.blobs.sent.bytes'] as const),
)

/** How far a promotion is, in one line. */
export function progressOfPromotion(progress: unknown): string {
  if (!Check(PromotionProgress, progress)) return 'it begins'
  const { why, bytes, totalBytes } = progress
  if (why !== undefined) return `it waits: ${why}`
  if (bytes === undefined) return 'it begins'
  const of = totalBytes === undefined ? '' : ` of ${formatSize(totalBytes)}`
  return `${formatSize(bytes)}${of} at the target`
}

/** What a promotion did, in one line. */
export function promotedText({ id, image, target, receipt }: PromotionStatus): string {
  const sent = receipt === undefined ? '' : `, ${formatSize(receipt.blobs.sent.bytes)} sent`
  return `promoted ${image} to ${target}${sent} (promotion ${id})`
}

export const receiptTable = (receipts: readonly PromotionReceipt[]) =>
  table(
    ['ID', 'AT', 'KIND', 'RULE', 'FROM', 'TO', 'SENT', 'DIGEST'],
    receipts.map(({ id, at, kind, rule = '-', from, to, blobs, digest = '-' }) => [
      ...[id, at, kind, rule, nameOf(from), nameOf(to), sizeCell(blobs.sent.bytes), digest],
    ]),
  )

export const statusTable = (promotions: readonly PromotionStatus[]) =>
  table(
    ['ID', 'ASKED', 'STATE', 'RULE', 'FROM', 'DIGEST', 'TO', 'WHY'],
    promotions.map(({ id, askedAt, state, rule = '-', image, digest = '-', target, why, progress }) => [
      ...[id, askedAt, { word: state }, rule, image, digest, target, why ?? progressOfPromotion(progress)],
    ]),
  )

const nameOf = ({ registry, repository, tag }: PromotionReceipt['from']): string =>
  `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}`
