import type { Command } from 'commander'
import { AuditLine, type AuditTotal, type Difference } from '../../promotion/audit-lines.ts'
import type { Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { table } from '../table.ts'

const COLUMNS = columns<Difference>('kind', 'mending', 'rule', 'image', 'target', 'what', 'why')

/** The command `promotion audit`. */
export function addPromotionAudit(group: Command, cli: Cli): void {
  withColumns(group.command('audit'), COLUMNS)
    .summary('Compare images with their copies.')
    .description(
      'Compare the images that rules cover with their copies: tags, signatures and other referrers. It lists what differs. The column MENDING tells whether what mends it is under way, would be asked for by --mend, or cannot be: then WHAT ends with the reason. The exit status is 1 if anything differs and nothing is under way that mends it.',
    )
    .option('--rule <NAME>', 'only of this rule')
    .option('--mend', 'ask for the promotions and copies that mend what can be mended', false)
    .action(async (asked: { rule?: string; mend: boolean }) => {
      const service = await cli.service()
      const differences: Difference[] = []
      let total: AuditTotal | undefined
      for await (const line of service.lines('/v1/promotions/audit', AuditLine, asked)) {
        if ('error' in line) throw new CommandError(`the list ends early: ${line.error}`)
        if ('kind' in line) differences.push(line)
        else total = line
      }
      if (total === undefined) throw new CommandError('the list ends early: repeat the command')
      const shown = { value: { differences, total }, rows: differences, columns: COLUMNS }
      await cli.show({ ...shown, lines: tableOf(differences) })
      cli.note(`rules ${total.rules.length}, images ${total.images}, differing ${total.differing}`)
      const countOf = (mending: Difference['mending']) =>
        differences.filter((one) => one.mending === mending).length
      const [possible, impossible] = [countOf('possible'), countOf('impossible')]
      const left = [
        ...(possible > 0 ? [`--mend can mend ${possible}`] : []),
        ...(impossible > 0 ? [`nothing can mend ${impossible}: the column WHAT says why`] : []),
      ]
      if (left.length > 0) throw new CommandError(`not mended: ${left.join('; ')}`)
    })
}

/** How a difference is mended, as the column MENDING has it. */
const MENDING = { underWay: 'under way', possible: '--mend', impossible: 'cannot' }

const tableOf = (differences: readonly Difference[]) =>
  table(
    ['DIFFERS', 'MENDING', 'RULE', 'IMAGE', 'TARGET', 'WHAT'],
    differences.map(({ kind, mending, rule, image, target, what, why }) => [
      ...[kind, MENDING[mending], rule, image, target],
      why === undefined ? what : `${what}; it cannot be mended: ${why}`,
    ]),
  )
