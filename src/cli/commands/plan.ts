import { Type } from 'typebox'
import { Decision } from '../../expiry/decision.ts'
import type { AddCommand } from '../cli.ts'
import { queryOf } from '../page-options.ts'
import { table, tagsCell } from '../table.ts'

const Line = Type.Union([
  Decision,
  Type.Object({ warning: Type.String() }),
  Type.Object({ asOf: Type.String() }),
])

export const addPlan: AddCommand = (program, cli) => {
  program
    .command('plan')
    .summary('Tell what an expiry policy would delete now.')
    .description('Tell what an expiry policy would delete now, image by image, and why. Nothing is deleted.')
    .argument('<POLICY>', 'an expiry policy, by its name in the configuration')
    .option('--all', 'also the images that it keeps, and why')
    .action(async (policy: string, { all }: { all?: true }) => {
      const service = await cli.service()
      const lines = await service.getLines(`/v1/expiry/plan${queryOf({ policy })}`, Line)
      const plan = lines.filter((line) => 'verdict' in line)
      const warnings = lines.flatMap((line) => ('warning' in line ? [line.warning] : []))
      for (const warning of warnings) cli.note(`warning: ${warning}`)
      const deletes = plan.filter(({ verdict }) => verdict === 'delete')
      const kept = plan.length - deletes.length
      cli.note(`delete ${deletes.length}, keep ${kept}${kept > 0 && !all ? ' (shown with --all)' : ''}`)
      const decisions = all ? plan : deletes
      cli.show({ policy, deletes: deletes.length, kept, warnings, decisions }, format(decisions))
    })
}

const format = (decisions: readonly Decision[]): string[] =>
  table(
    ['VERDICT', 'REPOSITORY', 'TAGS', 'RULE', 'REASON', 'DIGEST'],
    decisions.map(({ verdict, repository, tags, rule, reason, digest }) => [
      ...[verdict, repository, tagsCell(tags), rule ?? 'none', reason, digest],
    ]),
  )
