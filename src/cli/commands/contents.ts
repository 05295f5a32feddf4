import { Option } from 'commander'
import { type Static, Type } from 'typebox'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { sizeCell, table, tagsCell } from '../table.ts'
import { pathOfProject } from '../tagged-images.ts'

const Text = Type.Union([Type.String(), Type.Null()])

/** The part of an image that is shown. JSON has its layers and its parts, too. */
const Page = Type.Object({
  images: Type.Array(
    Type.Object({
      ...{ digest: Type.String(), kind: Text, tags: Type.Array(Type.Object({ name: Type.String() })) },
      ...{ at: Text, ageSource: Type.String(), sizeBytes: Type.Integer(), sharedBytes: Type.Integer() },
      ...{ freesBytes: Type.Integer(), lastPullAt: Text, partCount: Type.Integer() },
      referrerCount: Type.Integer(),
    }),
  ),
  ...Next,
})
type Image = Static<typeof Page>['images'][number]

const namesOf = ({ tags }: Image) => tags.map(({ name }) => name)

const COLUMNS = columns<Image>(
  ...(['digest', 'kind'] as const),
  ['tags', namesOf],
  ...(['at', 'ageSource', 'sizeBytes', 'sharedBytes', 'freesBytes', 'lastPullAt'] as const),
  ...(['partCount', 'referrerCount'] as const),
)

interface Options extends PageOptions {
  repository: string
  show?: string
  sort?: string
  search?: string
}

export const addContents: AddCommand = (program, cli) => {
  withColumns(withPage(program.command('contents')), COLUMNS)
    .summary('List the images of a repository, and what deleting each would free.')
    .description(
      'List the images of a repository with their tags, how much they share with others, and what deleting each would free. What belongs to an image, such as its signatures, is only told with it.',
    )
    .argument('<PROJECT>', 'the registry and the path of the project, such as ci/team/app')
    .requiredOption('--repository <NAME>', 'the repository')
    .addOption(
      new Option('--show <WHICH>', 'images with a tag, or those without that belong to no other').choices([
        ...['tagged', 'untagged'],
      ]),
    )
    .addOption(
      new Option('--sort <ORDER>', 'the order; the last push first if left out').choices([
        ...['pushed', 'idle', 'size', 'name'],
      ]),
    )
    .option('--search <TEXT>', 'only images with this text in a tag, or with a digest that begins so')
    .action(async (project: string, options: Options) => {
      const service = await cli.service()
      await showList(cli, {
        ask: (query) => service.get(`${pathOfProject(project)}/contents${queryOf(query)}`, Page),
        ...{ options, key: 'images', columns: COLUMNS, lines: tableOf, none: 'no images' },
      })
    })
}

const tableOf = (images: readonly Image[]) =>
  table(
    ['SIZE', 'SHARED', 'FREES', 'KIND', 'TAGS', 'SINCE', 'AGE FROM', 'LAST PULL', 'DIGEST'],
    images.map((image) => [
      ...[sizeCell(image.sizeBytes), sizeCell(image.sharedBytes), sizeCell(image.freesBytes)],
      ...[image.kind ?? 'not read', tagsCell(namesOf(image)) || 'none', image.at ?? 'not known'],
      ...[image.ageSource, image.lastPullAt ?? 'never', image.digest],
    ]),
  )
