import { Option } from 'commander'
import { type Static, Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { table } from '../table.ts'

const Flags = Type.Object({
  flags: Type.Array(
    Type.Object({
      kind: Type.String(),
      id: Type.String(),
      flag: Type.String(),
      since: Type.String(),
    }),
  ),
  ...Next,
})

type Flag = Static<typeof Flags>['flags'][number]
const COLUMNS = columns<Flag>('kind', 'id', 'flag', 'since')

export const addFlags: AddCommand = (program, cli) => {
  withColumns(withPage(program.command('flags')), COLUMNS)
    .summary('List the projects, groups and registries near or over their quota.')
    .description(
      'List the projects, groups and registries that are near or over their quota, and since when.',
    )
    .option('--registry <NAME>', 'only this registry and its projects')
    .addOption(new Option('--kind <KIND>', 'only flags of these').choices(['project', 'group', 'registry']))
    .addOption(new Option('--flag <FLAG>', 'only this flag').choices(['warning', 'over']))
    .action(async (options: PageOptions & { kind?: string; registry?: string; flag?: string }) => {
      const service = await cli.service()
      await showList(cli, {
        ask: (query) => service.get(`/v1/flags${queryOf(query)}`, Flags),
        ...{ options, key: 'flags', columns: COLUMNS, lines: tableOf },
        none: 'nothing is near or over its quota',
      })
    })
}

const tableOf = (flags: readonly Flag[]) =>
  table(
    ['KIND', 'NAME', 'FLAG', 'SINCE'],
    flags.map(({ kind, id, flag, since }) => [kind, id, { word: flag }, since]),
  )
