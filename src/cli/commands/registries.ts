import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { table } from '../table.ts'
import { Registries, type Registry } from '../usage-answers.ts'

const COLUMNS = columns<Registry>(
  ...(['name', 'state', 'projects', 'uniqueBytes', 'lastReconcileAt', 'confidence', 'deliveries'] as const),
)

export const addRegistries: AddCommand = (program, cli) => {
  withColumns(program.command('registries'), COLUMNS)
    .summary('List the registries.')
    .description('List the registries: when each was last reconciled and how far its numbers can be trusted.')
    .action(async () => {
      const service = await cli.service()
      const answer = await service.get('/v1/registries', Registries)
      const { registries } = answer
      await cli.show({ value: answer, rows: registries, columns: COLUMNS, lines: format(registries) })
      const refused = answer.registries.flatMap(({ name, refused }) =>
        refused.map((one) => ({ ...one, whose: `of ${name}` })),
      )
      const unknown = answer.refused.map((one) => ({ ...one, whose: "whose token is no registry's" }))
      for (const { whose, count, from, lastAt, detail } of [...refused, ...unknown])
        cli.note(`refused: ${count} deliveries ${whose}, from ${from}, the last at ${lastAt}: ${detail}`)
    })
}

const format = (registries: readonly Registry[]) =>
  table(
    ['REGISTRY', 'STATE', 'LAST RECONCILE', 'DELIVERIES', 'CONFIDENCE'],
    registries.map(({ name, state, lastReconcileAt, confidence, deliveries }) => [
      ...[name, state, lastReconcileAt ?? 'never', deliveries, confidence],
    ]),
  )
