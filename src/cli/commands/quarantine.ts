import type { Command } from 'commander'
import { type Static, Type } from 'typebox'
import { Quarantined } from '../../events/quarantine.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { confirm, withYes } from '../confirm.ts'
import { withColumns } from '../described.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import type { Service } from '../service.ts'
import { showList } from '../show-list.ts'
import { linesOfJson, table } from '../table.ts'

const Page = Type.Object({ total: Type.Integer(), events: Type.Array(Quarantined), ...Next })
const Replayed = Type.Object({ replayed: Type.Integer() })
const Discarded = Type.Object({ discarded: Type.Integer() })

interface Filter {
  registry?: string
  reason?: string
}
type Selection = Filter & { all?: true; dryRun?: true; yes?: true }

const COLUMNS = columns<Quarantined>('id', 'registry', 'receivedAt', 'reason')
const REPLAYED_COLUMNS = columns<Static<typeof Replayed>>('replayed')
const DISCARDED_COLUMNS = columns<Static<typeof Discarded>>('discarded')

export const addQuarantine: AddCommand = (program, cli) => {
  const quarantine = addGroup(program, 'quarantine').description(
    'List, replay and discard events that could not be understood.',
  )

  withColumns(withPage(withFilter(quarantine.command('list'))), COLUMNS)
    .description('List the events in quarantine, newest first.')
    .action(async (options: Filter & PageOptions) => {
      const service = await cli.service()
      await list(cli, service, options)
    })

  withColumns(quarantine.command('show'), COLUMNS)
    .description('Show an event as the registry sent it, and why it is in quarantine.')
    .argument('<ID>', 'the ID of the event, as listed')
    .action(async (id: string) => {
      const service = await cli.service()
      const event = await service.get(`/v1/quarantine/${encodeURIComponent(id)}`, Quarantined)
      await cli.show({ value: event, columns: COLUMNS, lines: linesOfJson(event) })
    })

  const replay = withSelection(quarantine.command('replay'))
  withColumns(replay, REPLAYED_COLUMNS)
  withColumns(replay, COLUMNS, 'with --dry-run')
  replay
    .description('Process events again: one by its ID, the events that match a filter, or all.')
    .action(async (id: string | undefined, selection: Selection, command: Command) => {
      checkSelection(id, selection, command)
      const service = await cli.service()
      if (selection.dryRun) return listSelected(cli, service, id, selection)
      const answer = await (id === undefined
        ? service.post('/v1/quarantine/replay', bodyOf(selection), Replayed)
        : service.post(`/v1/quarantine/${encodeURIComponent(id)}/replay`, {}, Replayed))
      const lines = [`handed to the worker again: ${answer.replayed}`]
      await cli.show({ value: answer, columns: REPLAYED_COLUMNS, lines })
      if (answer.replayed > 0)
        cli.note('an event that is still not understood returns to quarantine: tallyman quarantine list')
    })

  const discard = withYes(withSelection(quarantine.command('discard')))
  withColumns(discard, DISCARDED_COLUMNS)
  withColumns(discard, COLUMNS, 'with --dry-run')
  discard
    .description('Delete events for good: one by its ID, the events that match a filter, or all.')
    .action(async (id: string | undefined, selection: Selection, command: Command) => {
      checkSelection(id, selection, command)
      const service = await cli.service()
      if (selection.dryRun) return listSelected(cli, service, id, selection)
      await confirm(cli, command, `delete ${whatOf(id, selection)} for good`)
      const answer = await (id === undefined
        ? service.post('/v1/quarantine/discard', bodyOf(selection), Discarded)
        : service.delete(`/v1/quarantine/${encodeURIComponent(id)}`, Discarded))
      const lines = [`discarded: ${answer.discarded}`]
      await cli.show({ value: answer, columns: DISCARDED_COLUMNS, lines })
    })
}

async function list(cli: Cli, service: Service, options: Filter & PageOptions): Promise<void> {
  await showList(cli, {
    ask: (query) => service.get(`/v1/quarantine${queryOf(query)}`, Page),
    ...{ options, key: 'events', columns: COLUMNS, lines: formatList },
    remark: ({ events, total }) => `shown ${events.length}, in quarantine ${total}`,
  })
}

/** What a command would be about. */
async function listSelected(cli: Cli, service: Service, id: string | undefined, selection: Selection) {
  if (id === undefined) await list(cli, service, { ...filterOf(selection), all: true })
  else {
    const event = await service.get(`/v1/quarantine/${encodeURIComponent(id)}`, Quarantined)
    await cli.show({ value: event, columns: COLUMNS, lines: formatList([event]) })
  }
  cli.note('nothing was changed: this was a dry run')
}

const filterOf = ({ registry, reason }: Selection): Filter => ({
  ...(registry !== undefined && { registry }),
  ...(reason !== undefined && { reason }),
})

const bodyOf = (selection: Selection): object => ({
  ...filterOf(selection),
  ...(selection.all && { all: true }),
})

/** The events that a selection names, in words. */
function whatOf(id: string | undefined, { registry, reason }: Selection): string {
  if (id !== undefined) return `the event ${id}`
  const parts = [
    ...(registry === undefined ? [] : [`of the registry ${registry}`]),
    ...(reason === undefined ? [] : [`with "${reason}" in their reason`]),
  ]
  return parts.length === 0 ? 'all events in quarantine' : `the events in quarantine ${parts.join(' ')}`
}

const withFilter = (command: Command): Command =>
  command
    .option('--registry <NAME>', 'only events of this registry')
    .option('--reason <TEXT>', 'only events with this text in their reason')

const withSelection = (command: Command): Command =>
  withFilter(command.argument('[ID]', 'the ID of an event, as listed'))
    .option('--all', 'all events')
    .option('--dry-run', 'only list which events these are')

/** Ends the command as wrong usage unless exactly one of an ID, a filter and `--all` is given. */
function checkSelection(id: string | undefined, selection: Selection, command: Command): void {
  const { all } = selection
  const filter = filterOf(selection)
  const given = [id !== undefined, Object.keys(filter).length > 0, all].filter(Boolean)
  if (given.length !== 1)
    command.error('error: expected one of: ID, a filter (--registry NAME, --reason TEXT or both), --all')
}

const formatList = (events: readonly Quarantined[]) =>
  table(
    ['ID', 'REGISTRY', 'RECEIVED', 'REASON'],
    events.map(({ id, registry, receivedAt, reason }) => [id, registry, receivedAt, reason]),
  )
