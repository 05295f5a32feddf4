import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { sizeCell, table } from '../table.ts'
import { pathOfProject, type Tag, TagPage } from '../tagged-images.ts'

const COLUMNS = columns<Tag>(
  ...(['repository', 'tag', 'digest', 'sizeBytes', 'platforms', 'pushedAt', 'ageSource'] as const),
  ...(['pushedBy', 'lastPullAt'] as const),
)

export const addTags: AddCommand = (program, cli) => {
  withColumns(withPage(program.command('tags')), COLUMNS)
    .summary('List the tags of a project.')
    .description('List the tags of a project: size, age and what tells it, who pushed, and the last pull.')
    .argument('<PROJECT>', 'the registry and the path of the project, such as ci/team/app')
    .option('--repository <NAME>', 'only those of this repository')
    .action(async (project: string, options: PageOptions & { repository?: string }) => {
      const service = await cli.service()
      await showList(cli, {
        ask: (query) => service.get(`${pathOfProject(project)}/tags${queryOf(query)}`, TagPage),
        ...{ options, key: 'tags', columns: COLUMNS, lines: format, none: 'no tags' },
      })
    })
}

const format = (tags: readonly Tag[]) =>
  table(
    ['REPOSITORY', 'TAG', 'SIZE', 'SINCE', 'AGE FROM', 'PUSHED BY', 'LAST PULL'],
    tags.map((tag) => [
      ...[tag.repository, tag.tag, sizeCell(tag.sizeBytes), tag.pushedAt ?? 'not known', tag.ageSource],
      ...[tag.pushedBy ?? 'not known', tag.lastPullAt ?? 'never'],
    ]),
  )
