import { type Static, Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { table } from '../table.ts'

/** The part of the answer that is shown. */
const Registries = Type.Object({
  registries: Type.Array(
    Type.Object({
      name: Type.String(),
      state: Type.String(),
      lastReconcileAt: Type.Union([Type.String(), Type.Null()]),
      confidence: Type.String(),
    }),
  ),
})

export const addRegistries: AddCommand = (program, cli) => {
  program
    .command('registries')
    .summary('List the registries.')
    .description('List the registries: when each was last reconciled and how far its numbers can be trusted.')
    .action(async () => {
      const service = await cli.service()
      cli.print(...format(await service.get('/v1/registries', Registries)))
    })
}

const format = ({ registries }: Static<typeof Registries>): string[] =>
  table(
    ['REGISTRY', 'STATE', 'LAST RECONCILE', 'CONFIDENCE'],
    registries.map(({ name, state, lastReconcileAt, confidence }) => [
      ...[name, state, lastReconcileAt ?? 'never', confidence],
    ]),
  )
