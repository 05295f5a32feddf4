import { Option } from 'commander'
import { type Static, Type } from 'typebox'
import { Approval } from '../../promotion/gates/approvals.ts'
import { PromotionReceipt } from '../../promotion/receipt.ts'
import { PromotionStatus } from '../../promotion/status.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { RECEIPT_COLUMNS, receiptTable, STATUS_COLUMNS, statusTable } from '../promotion-text.ts'
import { showList } from '../show-list.ts'
import { addPromotionAudit } from './promotion-audit.ts'
import { addPromotionReceipt } from './promotion-receipt.ts'
import { addPromotionRollback } from './promotion-rollback.ts'
import { addPromotionRules } from './promotion-rules.ts'
import { addPromotionShow } from './promotion-show.ts'
import { addPromotionVerify } from './promotion-verify.ts'

const Receipts = Type.Object({ promotions: Type.Array(PromotionReceipt), ...Next })
const Undone = Type.Object({ promotions: Type.Array(PromotionStatus), ...Next })
const Approved = Type.Object({ approvals: Type.Array(Approval), needed: Type.Integer() })

const APPROVAL_COLUMNS = columns<Static<typeof Approved>>(
  ['approvals', ({ approvals }) => approvals.length],
  'needed',
  ['by', ({ approvals }) => approvals.map(({ by }) => by).join('; ')],
)

export const addPromotion: AddCommand = (program, cli) => {
  const group = addGroup(program, 'promotion').description(
    'List the copies to other registries, approve those that wait for people, look at one, check it, compare both ends, and roll one back.',
  )

  const list = withPage(group.command('list'))
  withColumns(list, RECEIPT_COLUMNS)
  withColumns(list, STATUS_COLUMNS, 'with --state')
  list
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
        await showList(cli, {
          ask: (query) => service.get(`/v1/promotions/undone${queryOf(query)}`, Undone),
          ...{ options, key: 'promotions', columns: STATUS_COLUMNS, lines: statusTable },
          none: `no promotion is ${options.state}`,
        })
        return
      }
      await showList(cli, {
        ask: (query) => service.get(`/v1/promotions${queryOf(query)}`, Receipts),
        ...{ options, key: 'promotions', columns: RECEIPT_COLUMNS, lines: receiptTable },
        none: 'no promotions',
      })
    })

  withColumns(group.command('approve'), APPROVAL_COLUMNS)
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
      const lines = [`approved by ${approvals.length} of ${needed}: ${names}`]
      await cli.show({ value: answer, columns: APPROVAL_COLUMNS, lines })
      if (approvals.length >= needed) cli.note(`how far it is: tallyman promotion show ${id}`)
    })

  addPromotionRules(group, cli)
  addPromotionAudit(group, cli)
  addPromotionShow(group, cli)
  addPromotionReceipt(group, cli)
  addPromotionVerify(group, cli)
  addPromotionRollback(group, cli)
}
