import type { Command } from 'commander'
import type { Static } from 'typebox'
import { Envelope } from '../../promotion/envelope.ts'
import { PromotionReceipt } from '../../promotion/receipt.ts'
import type { Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { RECEIPT_COLUMNS } from '../promotion-text.ts'
import { linesOfJson } from '../table.ts'
import { pathOf, receiptLines } from './promotion-show.ts'

const ENVELOPE_COLUMNS = columns<Static<typeof Envelope>>(
  ...(['payloadType', 'payload'] as const),
  ['keyid', ({ signatures }) => signatures.map(({ keyid }) => keyid)],
  ['sig', ({ signatures }) => signatures.map(({ sig }) => sig)],
)

/** The command `promotion receipt`. */
export function addPromotionReceipt(promotion: Command, cli: Cli): void {
  const command = promotion.command('receipt')
  withColumns(command, RECEIPT_COLUMNS)
  withColumns(command, ENVELOPE_COLUMNS, 'with --signed')
  command
    .summary('Print the receipt of a promotion or a rollback, signed if wanted.')
    .description(
      'Print the receipt of a promotion or of a rollback. With --signed: its envelope, which "promotion verify FILE" checks without the service.',
    )
    .argument('<ID>', 'its ID, as listed')
    .option('--signed', 'the envelope with its signature, as JSON')
    .action(async (id: string, { signed }: { signed?: true }) => {
      const service = await cli.service()
      if (signed) {
        const envelope = await service.get(`${pathOf(id)}/envelope`, Envelope)
        return cli.show({ value: envelope, columns: ENVELOPE_COLUMNS, lines: linesOfJson(envelope) })
      }
      const receipt = await service.get(`${pathOf(id)}/receipt`, PromotionReceipt)
      return cli.show({ value: receipt, columns: RECEIPT_COLUMNS, lines: receiptLines(receipt) })
    })
}
