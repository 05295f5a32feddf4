import { type Static, Type } from 'typebox'
import { Delivery } from '../../alerts/deliveries.ts'
import { JobAsked } from '../../queue/job-status.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { followJob } from '../follow-job.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { table } from '../table.ts'
import { unknownCommand } from '../unknown-command.ts'
import { addChannels } from './alerts-channels.ts'
import { addSnoozes } from './alerts-snooze.ts'

/** The part of the answer that is shown. An alert is about a project, a registry as a whole, or a group of projects. */
const Alerts = Type.Object({
  alerts: Type.Array(
    Type.Object({
      at: Type.String(),
      registry: Type.Optional(Type.String()),
      project: Type.Optional(Type.String()),
      group: Type.Optional(Type.String()),
      text: Type.String(),
    }),
  ),
  ...Next,
})

type Alert = Static<typeof Alerts>['alerts'][number]
const ALERT_COLUMNS = columns<Alert>('at', 'registry', 'project', 'group', 'text')

const Deliveries = Type.Object({ deliveries: Type.Array(Delivery), ...Next })

const DELIVERY_COLUMNS = columns<Delivery>('at', 'channel', 'result', 'attempt', 'answer', 'text')
const Tested = columns<{ channel: string; result: string }>('channel', 'result')

export const addAlerts: AddCommand = (program, cli) => {
  const group = withColumns(withPage(program.command('alerts')), ALERT_COLUMNS)
    .description('List the alerts, newest first; try a channel; list what was sent.')
    .action(async (options: PageOptions) => {
      if (group.args[0] !== undefined) unknownCommand(group, group.args[0])
      const service = await cli.service()
      await showList(cli, {
        ask: (query) => service.get(`/v1/alerts${queryOf(query)}`, Alerts),
        ...{ options, key: 'alerts', columns: ALERT_COLUMNS, lines: tableOf, none: 'no alerts' },
      })
    })

  withColumns(group.command('test'), Tested)
    .description('Send a harmless message to a channel, and say what it answers.')
    .argument('<CHANNEL>', 'the name of the channel')
    .action(async (channel: string) => {
      const service = await cli.service()
      const asked = await service.post(
        `/v1/alerts/channels/${encodeURIComponent(channel)}/test`,
        {},
        JobAsked,
      )
      await followJob(service, cli, asked, Type.Unknown())
      const value = { channel, result: 'accepted' }
      await cli.show({ value, columns: Tested, lines: [`${channel} accepted the message`] })
    })

  addChannels(group, cli)
  addSnoozes(group, cli)

  withColumns(withPage(group.command('deliveries')), DELIVERY_COLUMNS)
    .description('List what was sent to the channels and what they answered, newest first.')
    .action(async () => {
      const service = await cli.service()
      // Commander gives options that both commands have to the group.
      await showList(cli, {
        ask: (query) => service.get(`/v1/alerts/deliveries${queryOf(query)}`, Deliveries),
        ...{ options: group.opts<PageOptions>(), key: 'deliveries', columns: DELIVERY_COLUMNS },
        ...{ lines: tableOfDeliveries, none: 'nothing was sent yet' },
      })
    })
}

const tableOf = (alerts: readonly Alert[]) =>
  table(
    ['AT', 'ABOUT', 'TEXT'],
    alerts.map(({ at, registry, project, group, text }) => [
      ...[at, group === undefined ? [registry, project].filter(Boolean).join('/') : `group ${group}`, text],
    ]),
  )

const tableOfDeliveries = (deliveries: readonly Delivery[]) =>
  table(
    ['AT', 'CHANNEL', 'RESULT', 'ATTEMPT', 'ANSWER', 'TEXT'],
    deliveries.map(({ at, channel, result, attempt, answer, text }) => [
      ...[at, channel, { word: result }, String(attempt), answer ?? '', text],
    ]),
  )
