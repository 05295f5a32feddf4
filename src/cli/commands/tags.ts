import type { AddCommand } from '../cli.ts'
import { noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { sizeCell, table } from '../table.ts'
import { pathOfProject, type Tag, TagPage } from '../tagged-images.ts'

export const addTags: AddCommand = (program, cli) => {
  withPage(program.command('tags'))
    .summary('List the tags of a project.')
    .description('List the tags of a project: size, age and what tells it, who pushed, and the last pull.')
    .argument('<PROJECT>', 'the registry and the path of the project, such as ci/team/app')
    .option('--repository <NAME>', 'only those of this repository')
    .action(async (project: string, options: PageOptions & { repository?: string }) => {
      const service = await cli.service()
      const page = await service.get(`${pathOfProject(project)}/tags${queryOf(options)}`, TagPage)
      if (page.tags.length === 0) cli.note('no tags')
      cli.show(page, format(page.tags))
      noteNext(cli, page)
    })
}

const format = (tags: readonly Tag[]): string[] =>
  table(
    ['REPOSITORY', 'TAG', 'SIZE', 'SINCE', 'AGE FROM', 'PUSHED BY', 'LAST PULL'],
    tags.map((tag) => [
      ...[tag.repository, tag.tag, sizeCell(tag.sizeBytes), tag.pushedAt ?? 'not known', tag.ageSource],
      ...[tag.pushedBy ?? 'not known', tag.lastPullAt ?? 'never'],
    ]),
  )
