import { type Static, Type } from 'typebox'
import { formatSize } from '../../platform/units.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { queryOf } from '../page-options.ts'
import { parsedInteger } from '../parsed-integer.ts'
import { sizeCell, table } from '../table.ts'
import { pathOfProject } from '../tagged-images.ts'

const Text = Type.Union([Type.String(), Type.Null()])

const Growth = Type.Object({
  since: Type.String(),
  grownBytes: Type.Union([Type.Integer(), Type.Null()]),
  count: Type.Integer(),
  isCut: Type.Boolean(),
  pushes: Type.Array(
    Type.Object({
      ...{ image: Type.String(), digest: Type.String(), pushedAt: Type.String(), pushedBy: Text },
      addedBytes: Type.Integer(),
    }),
  ),
})
type Push = Static<typeof Growth>['pushes'][number]

const COLUMNS = columns<Push>('image', 'digest', 'pushedAt', 'pushedBy', 'addedBytes')

export const addGrowth: AddCommand = (program, cli) => {
  withColumns(program.command('growth'), COLUMNS)
    .summary('Tell what made a project grow.')
    .description(
      'Tell which pushes added most to a project, of those at most 31 days ago whose images are still there.',
    )
    .argument('<PROJECT>', 'the registry and the path of the project, such as ci/team/app')
    .option('--since <TIME>', 'since when, such as 2027-06-15; seven days ago if left out')
    .option('--limit <N>', 'how many pushes to list, 1 to 100; 3 if left out', parsedInteger(1, 100))
    .action(async (project: string, options: { since?: string; limit?: string }) => {
      const service = await cli.service()
      const growth = await service.get(`${pathOfProject(project)}/growth${queryOf(options)}`, Growth)
      const { since, grownBytes, count, isCut, pushes } = growth
      const grown =
        grownBytes === null ? 'by how much it grew is not known' : `grown by ${formatSize(grownBytes)}`
      cli.note(`since ${since}: ${grown}; images pushed ${count}`)
      if (isCut) cli.note('there were more than 5,000 pushes: what the older ones added is not told')
      await cli.show({ value: growth, rows: pushes, columns: COLUMNS, lines: tableOf(pushes) })
    })
}

const tableOf = (pushes: readonly Push[]) =>
  table(
    ['ADDED', 'PUSHED', 'BY', 'IMAGE', 'DIGEST'],
    pushes.map(({ addedBytes, pushedAt, pushedBy, image, digest }) => [
      ...[sizeCell(addedBytes), pushedAt, pushedBy ?? 'not known', image, digest],
    ]),
  )
