import { Option } from 'commander'
import { Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { table } from '../table.ts'

const Flags = Type.Object({
  flags: Type.Array(
    Type.Object({
      project: Type.String(),
      flag: Type.String(),
      since: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  ...Next,
})

export const addFlags: AddCommand = (program, cli) => {
  withPage(program.command('flags'))
    .summary('List the projects near or over their quota.')
    .description('List the projects that are near or over their quota, by name, and since when.')
    .option('--registry <NAME>', 'only projects of this registry')
    .addOption(new Option('--flag <FLAG>', 'only projects with this flag').choices(['warning', 'over']))
    .action(async (options: PageOptions & { registry?: string; flag?: string }) => {
      const service = await cli.service()
      const page = await service.get(`/v1/flags${queryOf(options)}`, Flags)
      const rows = page.flags.map(({ project, flag, since }) => [project, flag, since ?? 'not known'])
      if (rows.length === 0) cli.note('no project is near or over its quota')
      cli.show(page, table(['PROJECT', 'FLAG', 'SINCE'], rows))
      noteNext(cli, page)
    })
}
