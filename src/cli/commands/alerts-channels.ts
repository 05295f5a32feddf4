import type { Command } from 'commander'
import { type Static, Type } from 'typebox'
import { Delivery } from '../../alerts/deliveries.ts'
import type { Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { table } from '../table.ts'

const Words = Type.Array(Type.String())
const Channels = Type.Object({
  channels: Type.Array(
    Type.Object({
      ...{ name: Type.String(), type: Type.String(), projects: Words, kinds: Words, severity: Type.String() },
      ...{ isQuiet: Type.Boolean(), last: Type.Union([Delivery, Type.Null()]) },
    }),
  ),
})
type Channel = Static<typeof Channels>['channels'][number]

const COLUMNS = columns<Channel>(
  ...(['name', 'type', 'projects', 'kinds', 'severity', 'isQuiet'] as const),
  ...(['last.at', 'last.result', 'last.answer'] as const),
)

/** The command `alerts channels`. */
export function addChannels(alerts: Command, cli: Cli): void {
  withColumns(alerts.command('channels'), COLUMNS)
    .description('List the channels for alerts, and what became of what was sent to each last.')
    .action(async () => {
      const service = await cli.service()
      const answer = await service.get('/v1/alerts/channels', Channels)
      const { channels } = answer
      if (channels.length === 0) cli.note('no channel is configured')
      const lines = table(
        ['CHANNEL', 'TYPE', 'KINDS', 'SEVERITY', 'PROJECTS', 'LAST', 'RESULT'],
        channels.map(({ name, type, kinds, severity, projects, last }) => [
          ...[name, type, kinds.join(', '), severity, projects.join(', ')],
          ...[last?.at ?? 'nothing yet', { word: last?.result ?? '' }],
        ]),
      )
      await cli.show({ value: answer, rows: channels, columns: COLUMNS, lines })
    })
}
