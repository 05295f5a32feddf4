import { type Static, Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { Next, noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { table } from '../table.ts'

/** The part of the answer that is shown. */
const Tags = Type.Object({
  tags: Type.Array(
    Type.Object({
      repository: Type.String(),
      tag: Type.String(),
      sizeBytes: Type.Integer(),
      pushedAt: Type.Union([Type.String(), Type.Null()]),
      ageSource: Type.String(),
      pushedBy: Type.Union([Type.String(), Type.Null()]),
      lastPullAt: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  ...Next,
})

export const addTags: AddCommand = (program, cli) => {
  withPage(program.command('tags'))
    .summary('List the tags of a project.')
    .description('List the tags of a project: size, age and what tells it, who pushed, and the last pull.')
    .argument('<PROJECT>', 'the registry and the path of the project, such as ci/team/app')
    .option('--repository <NAME>', 'only those of this repository')
    .action(async (project: string, options: PageOptions & { repository?: string }) => {
      const service = await cli.service()
      const page = await service.get(
        `/v1/projects/${encodeURIComponent(project)}/tags${queryOf(options)}`,
        Tags,
      )
      cli.print(...format(page))
      noteNext(cli, page)
    })
}

const format = ({ tags }: Static<typeof Tags>): string[] =>
  table(
    ['REPOSITORY', 'TAG', 'BYTES', 'SINCE', 'AGE FROM', 'PUSHED BY', 'LAST PULL'],
    tags.map((tag) => [
      ...[tag.repository, tag.tag, tag.sizeBytes, tag.pushedAt ?? 'not known', tag.ageSource],
      ...[tag.pushedBy ?? 'not known', tag.lastPullAt ?? 'never'],
    ]),
  )
