import { Type } from 'typebox'
import { BrokenImage } from '../../integrity/broken-image-view.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { table, tagsCell } from '../table.ts'

const Page = Type.Object({ images: Type.Array(BrokenImage), ...Next })

const COLUMNS = columns<BrokenImage>(
  ...(['registry', 'project', 'repository', 'digest', 'tags', 'since', 'seenAt', 'damageCount'] as const),
  ['damages', ({ damages }) => damages.map(({ text }) => text)],
)

export const addBroken: AddCommand = (program, cli) => {
  withColumns(withPage(program.command('broken')), COLUMNS)
    .summary('List images that are not whole.')
    .description(
      'List images of which content is missing or wrong, as reconciles and scrubs have found them. tallyman repair puts it back.',
    )
    .option('--registry <NAME>', 'only images of this registry')
    .option('--project <PROJECT>', 'only images of this project, REGISTRY/PATH')
    .action(async (options: PageOptions & { registry?: string; project?: string }) => {
      const service = await cli.service()
      await showList(cli, {
        ask: (query) => service.get(`/v1/broken-images${queryOf(query)}`, Page),
        ...{
          options,
          key: 'images',
          columns: COLUMNS,
          lines: tableOf,
          none: 'no image is known to be broken',
        },
      })
    })
}

const tableOf = (images: readonly BrokenImage[]) =>
  table(
    ['SINCE', 'IMAGE', 'TAGS', 'WHAT'],
    images.map(({ since, registry, repository, digest, tags, damages, damageCount }) => [
      ...[since, `${registry}/${repository}@${digest}`, tagsCell(tags) || 'none'],
      `${damages[0]?.text ?? ''}${damageCount > 1 ? `, and ${damageCount - 1} more` : ''}`,
    ]),
  )
