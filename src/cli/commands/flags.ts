import { Option } from 'commander'
import { Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
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

export const addFlags: AddCommand = (program, cli) => {
  withPage(program.command('flags'))
    .summary('List the projects, groups and registries near or over their quota.')
    .description(
      'List the projects, groups and registries that are near or over their quota, and since when.',
    )
    .option('--registry <NAME>', 'only this registry and its projects')
    .addOption(new Option('--flag <FLAG>', 'only this flag').choices(['warning', 'over']))
    .action(async (options: PageOptions & { registry?: string; flag?: string }) => {
      const service = await cli.service()
      const page = await service.get(`/v1/flags${queryOf(options)}`, Flags)
      const rows = page.flags.map(({ kind, id, flag, since }) => [kind, id, flag, since])
      if (rows.length === 0) cli.note('nothing is near or over its quota')
      cli.show(page, table(['KIND', 'NAME', 'FLAG', 'SINCE'], rows))
      noteNext(cli, page)
    })
}
