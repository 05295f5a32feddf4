import type { Command } from 'commander'
import { type Static, Type } from 'typebox'
import type { Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { queryOf } from '../page-options.ts'
import { table } from '../table.ts'

const Gates = Type.Array(Type.String())
const Rules = Type.Object({
  rules: Type.Array(
    Type.Object({
      ...{ name: Type.String(), from: Type.String(), to: Type.String(), when: Type.String(), gates: Gates },
    }),
  ),
})
const Targets = Type.Object({
  rules: Type.Array(
    Type.Object({
      ...{ rule: Type.String(), registry: Type.String(), name: Type.String(), when: Type.String() },
      ...{ gates: Gates, overwrite: Type.String() },
    }),
  ),
  registries: Type.Array(Type.String()),
})
type Rule = Static<typeof Rules>['rules'][number]
type Target = Static<typeof Targets>['rules'][number]

const RULE_COLUMNS = columns<Rule>('name', 'from', 'to', 'when', 'gates')
const TARGET_COLUMNS = columns<Target>('rule', 'registry', 'name', 'when', 'gates', 'overwrite')

/** The commands `promotion rules` and `promotion targets`. */
export function addPromotionRules(promotion: Command, cli: Cli): void {
  withColumns(promotion.command('rules'), RULE_COLUMNS)
    .description('List the promotion rules of the configuration.')
    .action(async () => {
      const service = await cli.service()
      const answer = await service.get('/v1/promotions/rules', Rules)
      const { rules } = answer
      if (rules.length === 0) cli.note('no promotion rule is configured')
      const lines = table(
        ['RULE', 'FROM', 'TO', 'WHEN', 'GATES'],
        rules.map(({ name, from, to, when, gates }) => [name, from, to, when, gates.join(', ')]),
      )
      await cli.show({ value: answer, rows: rules, columns: RULE_COLUMNS, lines })
    })

  withColumns(promotion.command('targets'), TARGET_COLUMNS)
    .summary('Tell where an image can be promoted to.')
    .description('Tell where an image can be promoted to by rules, and to which registries without one.')
    .argument('<IMAGE>', 'REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST')
    .action(async (image: string) => {
      const service = await cli.service()
      const answer = await service.get(`/v1/promotions/targets${queryOf({ image })}`, Targets)
      const { rules, registries } = answer
      if (registries.length > 0)
        cli.note(`without a rule, to a name of your choice: ${registries.join(', ')}`)
      const lines = table(
        ['RULE', 'REGISTRY', 'NAME', 'WHEN', 'GATES', 'OVERWRITE'],
        rules.map((one) => [
          ...[one.rule, one.registry, one.name, one.when, one.gates.join(', '), one.overwrite],
        ]),
      )
      await cli.show({ value: answer, rows: rules, columns: TARGET_COLUMNS, lines })
    })
}
