import { Type } from 'typebox'
import { PromotionReceipt } from '../../promotion/receipt.ts'
import type { AddCommand } from '../cli.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { sizeCell, table } from '../table.ts'

const Promotions = Type.Object({ promotions: Type.Array(PromotionReceipt), ...Next })

export const addPromotions: AddCommand = (program, cli) => {
  withPage(program.command('promotions'))
    .summary('List the copies to other registries.')
    .description('List the images that were copied to another registry, newest first, and the bytes sent.')
    .action(async (options: PageOptions) => {
      const service = await cli.service()
      const page = await service.get(`/v1/promotions${queryOf(options)}`, Promotions)
      const rows = page.promotions.map(({ id, at, rule = '-', from, to, blobs, digest = '-' }) => [
        ...[id, at, rule, nameOf(from), nameOf(to), sizeCell(blobs.sent.bytes), digest],
      ])
      if (rows.length === 0) cli.note('no promotions')
      cli.show(page, table(['ID', 'AT', 'RULE', 'FROM', 'TO', 'SENT', 'DIGEST'], rows))
      noteNext(cli, page)
    })
}

const nameOf = ({ registry, repository, tag }: PromotionReceipt['from']): string =>
  `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}`
