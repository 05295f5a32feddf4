import type { Command } from 'commander'
import { AuditLine, type AuditTotal, type Difference } from '../../promotion/audit-lines.ts'
import type { Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { table } from '../table.ts'

/** The command `promotion audit`. */
export function addPromotionAudit(group: Command, cli: Cli): void {
  group
    .command('audit')
    .summary('Compare images with their copies.')
    .description(
      'Compare the images that rules cover with their copies: tags, signatures and other referrers. It lists what differs. The exit status is 1 if anything differs and no promotion is under way that mends it: see the column MENDING.',
    )
    .option('--rule <NAME>', 'only of this rule')
    .option('--mend', 'ask for the copies that mend it; not of what was rolled back', false)
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
      cli.show({ differences, total }, tableOf(differences))
      cli.note(`rules ${total.rules.length}, images ${total.images}, differing ${total.differing}`)
      const left = differences.filter(({ mending }) => !mending).length
      if (left > 0)
        throw new CommandError(
          asked.mend
            ? `not mended: ${left}. A rule with overwrite: never moves no tag, and what was rolled back stays away`
            : `differences ${left}: --mend asks for the copies that mend them`,
        )
    })
}

const tableOf = (differences: readonly Difference[]): string[] =>
  table(
    ['DIFFERS', 'MENDING', 'RULE', 'IMAGE', 'TARGET', 'WHAT'],
    differences.map(({ kind, mending, rule, image, target, what }) => [
      ...[kind, mending ? 'yes' : 'no', rule, image, target, what],
    ]),
  )
