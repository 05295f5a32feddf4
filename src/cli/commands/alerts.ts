import { Type } from 'typebox'
import { Delivery } from '../../alerts/deliveries.ts'
import { JobAsked } from '../../queue/job-status.ts'
import type { AddCommand } from '../cli.ts'
import { followJob } from '../follow-job.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { table } from '../table.ts'
import { unknownCommand } from '../unknown-command.ts'
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

const Deliveries = Type.Object({ deliveries: Type.Array(Delivery), ...Next })

export const addAlerts: AddCommand = (program, cli) => {
  const group = withPage(program.command('alerts'))
    .description('List the alerts, newest first; try a channel; list what was sent.')
    .action(async (options: PageOptions) => {
      if (group.args[0] !== undefined) unknownCommand(group, group.args[0])
      const service = await cli.service()
      const page = await service.get(`/v1/alerts${queryOf(options)}`, Alerts)
      const rows = page.alerts.map(({ at, registry, project, group, text }) => [
        ...[at, group === undefined ? [registry, project].filter(Boolean).join('/') : `group ${group}`, text],
      ])
      if (rows.length === 0) cli.note('no alerts')
      cli.show(page, table(['AT', 'ABOUT', 'TEXT'], rows))
      noteNext(cli, page)
    })

  group
    .command('test')
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
      cli.show({ channel, result: 'accepted' }, [`${channel} accepted the message`])
    })

  addSnoozes(group, cli)

  withPage(group.command('deliveries'))
    .description('List what was sent to the channels and what they answered, newest first.')
    .action(async () => {
      const service = await cli.service()
      // Commander gives options that both commands have to the group.
      const page = await service.get(`/v1/alerts/deliveries${queryOf(group.opts())}`, Deliveries)
      const rows = page.deliveries.map(({ at, channel, result, attempt, answer, text }) => [
        ...[at, channel, result, String(attempt), answer ?? '', text],
      ])
      if (rows.length === 0) cli.note('nothing was sent yet')
      cli.show(page, table(['AT', 'CHANNEL', 'RESULT', 'ATTEMPT', 'ANSWER', 'TEXT'], rows))
      noteNext(cli, page)
    })
}
