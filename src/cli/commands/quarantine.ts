import type { Command } from 'commander'
import { Type } from 'typebox'
import { Quarantined } from '../../events/quarantine.ts'
import type { AddCommand } from '../cli.ts'
import { addGroup } from '../group.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { linesOfJson, table } from '../table.ts'

const Page = Type.Object({ total: Type.Integer(), events: Type.Array(Quarantined), ...Next })
const Replayed = Type.Object({ replayed: Type.Integer() })
const Discarded = Type.Object({ discarded: Type.Integer() })

interface Filter {
  registry?: string
  reason?: string
}
type Selection = Filter & { all?: true }

export const addQuarantine: AddCommand = (program, cli) => {
  const quarantine = addGroup(program, 'quarantine').description(
    'List, replay and discard events that could not be understood.',
  )

  withPage(withFilter(quarantine.command('list')))
    .description('List the events in quarantine, newest first.')
    .action(async (options: Filter & PageOptions) => {
      const service = await cli.service()
      const page = await service.get(`/v1/quarantine${queryOf(options)}`, Page)
      const { total, events } = page
      cli.note(`shown ${events.length}, in quarantine ${total}`)
      cli.show(page, formatList(events))
      noteNext(cli, page)
    })

  quarantine
    .command('show')
    .description('Show an event as the registry sent it, and why it is in quarantine.')
    .argument('<ID>', 'the ID of the event, as listed')
    .action(async (id: string) => {
      const service = await cli.service()
      const event = await service.get(`/v1/quarantine/${encodeURIComponent(id)}`, Quarantined)
      cli.show(event, linesOfJson(event))
    })

  withSelection(quarantine.command('replay'))
    .description('Process events again: one by its ID, the events that match a filter, or all.')
    .action(async (id: string | undefined, selection: Selection, command: Command) => {
      checkSelection(id, selection, command)
      const service = await cli.service()
      const answer = await (id === undefined
        ? service.post('/v1/quarantine/replay', selection, Replayed)
        : service.post(`/v1/quarantine/${encodeURIComponent(id)}/replay`, {}, Replayed))
      cli.show(answer, [`handed to the worker again: ${answer.replayed}`])
      if (answer.replayed > 0)
        cli.note('an event that is still not understood returns to quarantine: tallyman quarantine list')
    })

  withSelection(quarantine.command('discard'))
    .description('Delete events for good: one by its ID, the events that match a filter, or all.')
    .action(async (id: string | undefined, selection: Selection, command: Command) => {
      checkSelection(id, selection, command)
      const service = await cli.service()
      const answer = await (id === undefined
        ? service.post('/v1/quarantine/discard', selection, Discarded)
        : service.delete(`/v1/quarantine/${encodeURIComponent(id)}`, Discarded))
      cli.show(answer, [`discarded: ${answer.discarded}`])
    })
}

const withFilter = (command: Command): Command =>
  command
    .option('--registry <NAME>', 'only events of this registry')
    .option('--reason <TEXT>', 'only events with this text in their reason')

const withSelection = (command: Command): Command =>
  withFilter(command.argument('[ID]', 'the ID of an event, as listed')).option('--all', 'all events')

/** Ends the command as wrong usage unless exactly one of an ID, a filter and `--all` is given. */
function checkSelection(id: string | undefined, selection: Selection, command: Command): void {
  const { all, ...filter } = selection
  const given = [id !== undefined, Object.keys(filter).length > 0, all].filter(Boolean)
  if (given.length !== 1)
    command.error('error: expected one of: ID, a filter (--registry NAME, --reason TEXT or both), --all')
}

const formatList = (events: readonly Quarantined[]): string[] =>
  table(
    ['ID', 'REGISTRY', 'RECEIVED', 'REASON'],
    events.map(({ id, registry, receivedAt, reason }) => [id, registry, receivedAt, reason]),
  )
