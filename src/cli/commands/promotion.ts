import { Option } from 'commander'
import { Type } from 'typebox'
import { Approval } from '../../promotion/gates/approvals.ts'
import { PromotionReceipt } from '../../promotion/receipt.ts'
import { PromotionStatus } from '../../promotion/status.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { addGroup } from '../group.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { receiptTable, statusTable } from '../promotion-text.ts'
import { addPromotionAudit } from './promotion-audit.ts'
import { addPromotionRollback } from './promotion-rollback.ts'
import { addPromotionShow } from './promotion-show.ts'
import { addPromotionVerify } from './promotion-verify.ts'

const Receipts = Type.Object({ promotions: Type.Array(PromotionReceipt), ...Next })
const Undone = Type.Object({ promotions: Type.Array(PromotionStatus), ...Next })
const Approved = Type.Object({ approvals: Type.Array(Approval), needed: Type.Integer() })

export const addPromotion: AddCommand = (program, cli) => {
  const group = addGroup(program, 'promotion').description(
    'List the copies to other registries, approve those that wait for people, look at one, check it, compare both ends, and roll one back.',
  )

  withPage(group.command('list'))
    .summary('List the copies to other registries.')
    .description(
      'List the images that were copied to another registry, newest first, and the bytes sent, and the rollbacks. With --state, those that have not arrived, and why.',
    )
    .addOption(
      new Option('--state <STATE>', 'those that have not arrived').choices(['waiting', 'active', 'failed']),
    )
    .action(async (options: PageOptions & { state?: string }) => {
      const service = await cli.service()
      if (options.state !== undefined) {
        const page = await service.get(`/v1/promotions/undone${queryOf(options)}`, Undone)
        if (page.promotions.length === 0) cli.note(`no promotion is ${options.state}`)
        cli.show(page, statusTable(page.promotions))
        noteNext(cli, page)
        return
      }
      const page = await service.get(`/v1/promotions${queryOf(options)}`, Receipts)
      if (page.promotions.length === 0) cli.note('no promotions')
      cli.show(page, receiptTable(page.promotions))
      noteNext(cli, page)
    })

  group
    .command('approve')
    .summary('Approve a promotion that waits for people.')
    .description(
      'Approve a promotion that waits at the gate "approval". With enough approvals of different people it goes on. Nobody can approve one that would not go on, since its tag names another image by now, say.',
    )
    .argument('<ID>', 'the ID of the promotion, as listed with --state waiting')
    .option('--by <NAME>', 'who approves it; your login name if left out')
    .action(async (id: string, options: { by?: string }) => {
      const by = options.by ?? cli.env.USER ?? cli.env.LOGNAME
      if (by === undefined || by.trim() === '') throw new CommandError('say who approves it: --by NAME')
      const service = await cli.service()
      const path = `/v1/promotions/${encodeURIComponent(id)}/approve`
      const answer = await service.post(path, { by }, Approved)
      const { approvals, needed } = answer
      const names = approvals.map((one) => one.by).join(', ')
      cli.show(answer, [`approved by ${approvals.length} of ${needed}: ${names}`])
      if (approvals.length >= needed) cli.note(`how far it is: tallyman promotion show ${id}`)
    })

  addPromotionAudit(group, cli)
  addPromotionShow(group, cli)
  addPromotionVerify(group, cli)
  addPromotionRollback(group, cli)
}
