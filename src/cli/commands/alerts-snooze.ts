import type { Command } from 'commander'
import { type Static, Type } from 'typebox'
import { Snooze } from '../../alerts/snoozes.ts'
import type { Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { table } from '../table.ts'

const Snoozes = Type.Object({ snoozes: Type.Array(Snooze) })
const COLUMNS = columns<Static<typeof Snooze>>('project', 'since', 'until', 'by', 'why')
const pathOf = (project: string) => `/v1/alerts/snoozes/${encodeURIComponent(project)}`

/** The commands about projects whose alerts are not sent, in the group `alerts`. */
export function addSnoozes(alerts: Command, cli: Cli): void {
  withColumns(alerts.command('snooze'), COLUMNS)
    .summary('Send no alerts about a project for a time.')
    .description(
      'Send no alerts about a project for a time. They are recorded. At the end, the state of the project is told if it was not told before.',
    )
    .argument('<PROJECT>', 'the registry and the path of a project, such as ci/team/app')
    .requiredOption('--for <DURATION>', 'for how long, such as 12h or 3d; 90d at most')
    .option('--why <TEXT>', 'why: "alerts snoozes" shows it')
    .action(async (project: string, options: { for: string; why?: string }) => {
      const service = await cli.service()
      const by = cli.env.USER ?? cli.env.LOGNAME
      const snooze = await service.put(pathOf(project), { ...options, ...(by && { by }) }, Snooze)
      const lines = [`snoozed: ${snooze.project} until ${snooze.until}`]
      await cli.show({ value: snooze, columns: COLUMNS, lines })
    })

  withColumns(alerts.command('unsnooze'), COLUMNS)
    .description('End the snooze of a project.')
    .argument('<PROJECT>', 'the registry and the path of a project, such as ci/team/app')
    .action(async (project: string) => {
      const service = await cli.service()
      const snooze = await service.delete(pathOf(project), Snooze)
      const lines = [`alerts about ${snooze.project} are sent again`]
      await cli.show({ value: snooze, columns: COLUMNS, lines })
    })

  withColumns(alerts.command('snoozes'), COLUMNS)
    .description('List the projects whose alerts are not sent, with who, why and until when.')
    .action(async () => {
      const service = await cli.service()
      const { snoozes } = await service.get('/v1/alerts/snoozes', Snoozes)
      if (snoozes.length === 0) cli.note('no project is snoozed')
      await cli.show({ value: { snoozes }, rows: snoozes, columns: COLUMNS, lines: tableOf(snoozes) })
    })
}

const tableOf = (snoozes: readonly Static<typeof Snooze>[]) =>
  table(
    ['SINCE', 'UNTIL', 'BY', 'WHY', 'PROJECT'],
    snoozes.map(({ since, until, by, why, project }) => [since, until, by ?? '', why ?? '', project]),
  )
