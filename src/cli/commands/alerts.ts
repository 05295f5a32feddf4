import { Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { table } from '../table.ts'

/** The part of the answer that is shown. An alert about a registry as a whole has no project. */
const Alerts = Type.Object({
  alerts: Type.Array(
    Type.Object({
      at: Type.String(),
      registry: Type.String(),
      project: Type.Optional(Type.String()),
      text: Type.String(),
    }),
  ),
  ...Next,
})

export const addAlerts: AddCommand = (program, cli) => {
  withPage(program.command('alerts'))
    .description('List the alerts, newest first.')
    .action(async (options: PageOptions) => {
      const service = await cli.service()
      const page = await service.get(`/v1/alerts${queryOf(options)}`, Alerts)
      const rows = page.alerts.map(({ at, registry, project, text }) => [
        ...[at, project === undefined ? registry : `${registry}/${project}`, text],
      ])
      if (rows.length === 0) cli.note('no alerts')
      cli.show(page, table(['AT', 'ABOUT', 'TEXT'], rows))
      noteNext(cli, page)
    })
}
