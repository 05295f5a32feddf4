import type { Command } from 'commander'
import { PromotionReceipt } from '../../promotion/receipt.ts'
import type { Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import { RECEIPT_COLUMNS } from '../promotion-text.ts'

/** The command `promotion rollback`. */
export function addPromotionRollback(promotion: Command, cli: Cli): void {
  withColumns(promotion.command('rollback'), RECEIPT_COLUMNS)
    .summary('Put the target tag of a promotion back where it was before.')
    .description(
      'Put the target tag of a promotion back where it was before. If there was no tag, it is deleted, and the image stays. It is refused if the promotion is not the last one to its tag, and if the tag names something else by now.',
    )
    .argument('<ID>', 'the ID of the promotion, as listed')
    .action(async (id: string) => {
      const service = await cli.service()
      const receipt = await service.post(
        `/v1/promotions/${encodeURIComponent(id)}/rollback`,
        {},
        PromotionReceipt,
      )
      const { registry, repository, tag } = receipt.to
      const became = receipt.digest === undefined ? 'is deleted' : `names ${receipt.digest} again`
      const lines = [`rolled back: ${registry}/${repository}:${tag} ${became}`]
      await cli.show({ value: receipt, columns: RECEIPT_COLUMNS, lines })
    })
}
