import type { Command } from 'commander'
import { formatSize } from '../../platform/units.ts'
import type { PromotionReceipt } from '../../promotion/receipt.ts'
import type { RollbackOf } from '../../promotion/rollback-of.ts'
import { PromotionStatus } from '../../promotion/status.ts'
import type { Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import type { Line } from '../output/line.ts'
import { progressOfPromotion, RECEIPT_COLUMNS, STATUS_COLUMNS } from '../promotion-text.ts'
import { fields } from '../table.ts'

/** The command `promotion show`. */
export function addPromotionShow(promotion: Command, cli: Cli): void {
  const command = promotion.command('show')
  withColumns(command, RECEIPT_COLUMNS)
  withColumns(command, STATUS_COLUMNS, 'if it has not arrived')
  command
    .summary('Show a promotion: how far it is, or its receipt.')
    .description(
      'Show the receipt of a promotion or of a rollback: all that was copied, and why, and whether it was rolled back. Of a promotion that has not arrived, show how far it is.',
    )
    .argument('<ID>', 'its ID, as listed')
    .action(async (id: string) => {
      const service = await cli.service()
      const status = await service.get(pathOf(id), PromotionStatus)
      const { receipt, rollback } = status
      if (receipt === undefined)
        return cli.show({ value: status, columns: STATUS_COLUMNS, lines: statusLines(status) })
      const value = { ...receipt, ...(rollback && { rollback }) }
      return cli.show({ value, columns: RECEIPT_COLUMNS, lines: receiptLines(receipt, rollback) })
    })
}

export const pathOf = (id: string): string => `/v1/promotions/${encodeURIComponent(id)}`

/** A promotion that has not arrived, as lines. */
function statusLines({
  id,
  state,
  why,
  image,
  target,
  digest,
  rule,
  by,
  askedAt,
  progress,
}: PromotionStatus) {
  const known = { id, state, why, from: image, to: target, digest, rule, by, asked: askedAt }
  const lines = Object.entries(known).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return fields(state === 'active' ? [...lines, ['progress', progressOfPromotion(progress)]] : lines)
}

/** When and by whom a promotion was rolled back, and to what. */
export const rollbackText = ({ id, at, by, digest }: RollbackOf): string =>
  `at ${at} by ${by}: the tag ${digest === undefined ? 'was deleted' : `named ${digest} again`} (${id})`

/** A receipt as lines: one for each thing that it tells. `rollback`: what undid it. */
export function receiptLines(receipt: PromotionReceipt, rollback?: RollbackOf): Line[] {
  const { from, to, digest, replaced, manifests, absent, leftOut, blobs } = receipt
  const blobsText = ({ count, bytes }: (typeof blobs)['sent']) => `${count} blobs, ${formatSize(bytes)}`
  const one = (name: string, value: string | undefined) =>
    value === undefined ? [] : [[name, value] as const]
  const target = `${to.registry}/${to.repository}:${to.tag}`
  return fields([
    ['id', receipt.id],
    ['kind', receipt.kind],
    ...one('rolled back', receipt.rolledBack ?? (rollback && rollbackText(rollback))),
    ['from', `${from.registry}/${from.repository}${from.tag === undefined ? '' : `:${from.tag}`}`],
    ['to', target],
    ['digest', digest ?? 'none: the tag was deleted'],
    ['replaced', replaced ?? 'none: there was no tag'],
    ...one('rule', receipt.rule),
    ['by', receipt.by],
    ...Object.entries(receipt.claims ?? {}).map(([name, value]) => [`claim ${name}`, value] as const),
    ['asked', receipt.askedAt],
    ['ended', receipt.at],
    ['sent', blobsText(blobs.sent)],
    ['mounted', blobsText(blobs.mounted)],
    ['present', blobsText(blobs.present)],
    ...receipt.gates.map(({ gate, why }) => ['gate', `${gate}: ${why}`] as const),
    ...manifests.map((manifest) => ['manifest', manifest] as const),
    ...absent.map((child) => ['absent', `${child}: the source does not have it`] as const),
    ...leftOut.map((child) => ['left out', `${child}: for another platform`] as const),
    ...receipt.referrers.map(
      ({ digest, subject, artifactType }) =>
        [
          'referrer',
          `${digest} to ${subject}${artifactType === undefined ? '' : `, ${artifactType}`}`,
        ] as const,
    ),
    ...receipt.tags.map(({ tag, digest, outcome }) => ['tag', `${tag} ${outcome}: ${digest}`] as const),
    ...receipt.leftBehind.map(({ digest, reason }) => ['left behind', `${digest}: ${reason}`] as const),
  ])
}
