import { Value } from 'typebox/value'
import { formatSize } from '../platform/units.ts'
import { PromotionProgress } from '../promotion/progress.ts'
import type { PromotionReceipt } from '../promotion/receipt.ts'
import type { PromotionStatus } from '../promotion/status.ts'
import { sizeCell, table } from './table.ts'

/** How far a promotion is, in one line. */
export function progressOfPromotion(progress: unknown): string {
  if (!Value.Check(PromotionProgress, progress)) return 'it begins'
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

export const receiptTable = (receipts: readonly PromotionReceipt[]): string[] =>
  table(
    ['ID', 'AT', 'KIND', 'RULE', 'FROM', 'TO', 'SENT', 'DIGEST'],
    receipts.map(({ id, at, kind, rule = '-', from, to, blobs, digest = '-' }) => [
      ...[id, at, kind, rule, nameOf(from), nameOf(to), sizeCell(blobs.sent.bytes), digest],
    ]),
  )

export const statusTable = (promotions: readonly PromotionStatus[]): string[] =>
  table(
    ['ID', 'ASKED', 'STATE', 'RULE', 'FROM', 'DIGEST', 'TO', 'WHY'],
    promotions.map(({ id, askedAt, state, rule = '-', image, digest = '-', target, why, progress }) => [
      ...[id, askedAt, state, rule, image, digest, target, why ?? progressOfPromotion(progress)],
    ]),
  )

const nameOf = ({ registry, repository, tag }: PromotionReceipt['from']): string =>
  `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}`
