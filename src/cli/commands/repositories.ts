import { Option } from 'commander'
import { type Static, Type } from 'typebox'
import { formatSize } from '../../platform/units.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { Next, type PageOptions, queryOf, withPage } from '../page-options.ts'
import { showList } from '../show-list.ts'
import { type Cell, table } from '../table.ts'
import { pathOfProject } from '../tagged-images.ts'

const Sizes = Type.Object({ tags: Type.Integer(), sizeBytes: Type.Integer(), freesBytes: Type.Integer() })
const Page = Type.Object({
  repositories: Type.Array(
    Type.Object({
      ...{ repository: Type.String(), manifests: Type.Integer() },
      sizes: Type.Union([Sizes, Type.Null()]),
    }),
  ),
  ...Next,
})
type Repository = Static<typeof Page>['repositories'][number]

const COLUMNS = columns<Repository>(
  ...(['repository', 'manifests', 'sizes.tags', 'sizes.sizeBytes', 'sizes.freesBytes'] as const),
)

interface Options extends PageOptions {
  sort?: string
  search?: string
  sizes?: true
}

export const addRepositories: AddCommand = (program, cli) => {
  withColumns(withPage(program.command('repositories')), COLUMNS)
    .description('List the repositories of a project.')
    .argument('<PROJECT>', 'the registry and the path of the project, such as ci/team/app')
    .addOption(
      new Option('--sort <ORDER>', 'the order; those with the most manifests first if left out').choices([
        ...['manifests', 'name'],
      ]),
    )
    .option('--search <TEXT>', 'only those with this text in their name')
    .option('--sizes', 'also what each holds, and what deleting it would free; 20 on a page at most')
    .action(async (project: string, options: Options) => {
      const service = await cli.service()
      await showList(cli, {
        ask: (query) => service.get(`${pathOfProject(project)}/repositories${queryOf(query)}`, Page),
        ...{ options, key: 'repositories', columns: COLUMNS, lines: tableOf, none: 'no repositories' },
      })
    })
}

function tableOf(repositories: readonly Repository[]) {
  const hasSizes = repositories.some(({ sizes }) => sizes !== null)
  return table(
    ['REPOSITORY', 'MANIFESTS', ...(hasSizes ? ['TAGS', 'SIZE', 'FREES'] : [])],
    repositories.map(({ repository, manifests, sizes }): Cell[] => [
      ...[repository, manifests],
      ...(hasSizes
        ? [{ right: String(sizes?.tags ?? '') }, size(sizes?.sizeBytes), size(sizes?.freesBytes)]
        : []),
    ]),
  )
}

const size = (bytes: number | undefined): Cell => ({ right: bytes === undefined ? '' : formatSize(bytes) })
