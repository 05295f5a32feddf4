import { type Static, Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { table } from '../table.ts'

const Session = Type.Object({
  ...{ id: Type.String(), by: Type.String(), who: Type.String(), from: Type.String() },
  ...{ began: Type.String(), until: Type.String(), isOwn: Type.Boolean() },
})
type Session = Static<typeof Session>
const Sessions = Type.Object({ sessions: Type.Array(Session), ...Next })
const Ended = Type.Object({ ended: Type.String() })

const COLUMNS = columns<Session>('id', 'by', 'who', 'from', 'began', 'until')
const ENDED_COLUMNS = columns<Static<typeof Ended>>('ended')

export const addSession: AddCommand = (program, cli) => {
  const session = addGroup(program, 'session').description('List and end the sessions of the dashboard.')

  withColumns(withPage(session.command('list')), COLUMNS)
    .description('List who is logged in to the dashboard, those whose sessions end last first.')
    .action(async (options: PageOptions) => {
      const service = await cli.service()
      await showList(cli, {
        ask: (query) => service.get(`/v1/sessions${queryOf(query)}`, Sessions),
        ...{ options, key: 'sessions', columns: COLUMNS, lines: tableOf, none: 'nobody is logged in' },
      })
    })

  withColumns(session.command('end'), ENDED_COLUMNS)
    .description(
      'End the session of somebody. Who has a token, or whom the issuer lets in, can log in again.',
    )
    .argument('<ID>', 'the id of the session, as "session list" shows it')
    .action(async (id: string) => {
      const service = await cli.service()
      const answer = await service.delete(`/v1/sessions/${encodeURIComponent(id)}`, Ended)
      await cli.show({ value: answer, columns: ENDED_COLUMNS, lines: [`ended: ${answer.ended}`] })
    })
}

const tableOf = (sessions: readonly Session[]) =>
  table(
    ['ID', 'WHO', 'FROM', 'BEGAN', 'UNTIL'],
    sessions.map(({ id, who, from, began, until }) => [id, who, from, began, until]),
  )
