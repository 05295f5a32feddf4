import type { AddCommand } from '../cli.ts'
import { table } from '../table.ts'
import { Registries, type Registry } from '../usage-answers.ts'

export const addRegistries: AddCommand = (program, cli) => {
  program
    .command('registries')
    .summary('List the registries.')
    .description('List the registries: when each was last reconciled and how far its numbers can be trusted.')
    .action(async () => {
      const service = await cli.service()
      const answer = await service.get('/v1/registries', Registries)
      cli.show(answer, format(answer.registries))
    })
}

const format = (registries: readonly Registry[]): string[] =>
  table(
    ['REGISTRY', 'STATE', 'LAST RECONCILE', 'CONFIDENCE'],
    registries.map(({ name, state, lastReconcileAt, confidence }) => [
      ...[name, state, lastReconcileAt ?? 'never', confidence],
    ]),
  )
