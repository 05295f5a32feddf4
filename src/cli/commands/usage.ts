import { type Command, Option } from 'commander'
import { ALL_PROJECTS } from '../../access/access.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { EXIT } from '../exit-statuses.ts'
import { columns, columnsOf } from '../output/columns.ts'
import { type PageOptions, queryOf, withPage } from '../page-options.ts'
import type { Service } from '../service.ts'
import { showList } from '../show-list.ts'
import {
  type Described,
  type Project,
  ProjectPage,
  Registries,
  type Registry,
  readProject,
} from '../usage-answers.ts'
import { overrideText, projectLines, projectTable, registryTable } from '../usage-table.ts'
import { Who } from './whoami.ts'

const COLUMNS = columns<Project>(
  ...(['id', 'uniqueBytes', 'exclusiveBytes', 'unreferencedBytes', 'limitBytes', 'flag'] as const),
  ...(['flagSince', 'repositories', 'manifests', 'tags', 'unresolved', 'pulls', 'scans'] as const),
  ...(['lastPushAt', 'lastPushedBy', 'lastPullAt', 'override.by', 'override.why', 'override.until'] as const),
)
const DESCRIBED_COLUMNS = columnsOf(COLUMNS, ({ project }: Described) => project)

interface ListOptions extends PageOptions {
  flag?: string
  registry?: string
  search?: string
  sort?: string
}

export const addUsage: AddCommand = (program, cli) => {
  withColumns(withPage(program.command('usage')), COLUMNS)
    .summary('Tell who uses how much.')
    .description(
      'List the projects, the largest first, and the total of each registry. With PROJECT: its numbers, and what in it is large.',
    )
    .argument('[PROJECT]', 'the registry and the path of a project, such as ci/team/app')
    .option('--registry <NAME>', 'list only projects of this registry')
    .option('--search <TEXT>', 'list only projects with this text in their name')
    .addOption(
      new Option('--flag <FLAG>', 'list only projects with this flag').choices(['ok', 'warning', 'over']),
    )
    .addOption(
      new Option('--sort <ORDER>', 'the order of the list; unique if left out').choices([
        ...['unique', 'exclusive', 'flag', 'name', 'tags', 'pushed', 'idle'],
      ]),
    )
    .action(async (project: string | undefined, options: ListOptions, command: Command) => {
      if (project === undefined) return list(cli, options)
      const [given] = Object.keys(options)
      if (given !== undefined)
        command.error(`error: --${given} is for the list of projects: leave out PROJECT`)
      await describe(cli, project)
    })
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const service = await cli.service()
  let registries: Registry[] | undefined
  await showList(cli, {
    async ask(query) {
      const page = await service.get(`/v1/projects${queryOf(query)}`, ProjectPage)
      registries ??= await registriesOf(service, cli, options.registry)
      for (const { id, override } of page.projects)
        if (override !== null) cli.note(`${id}: its limit is not the configured one${overrideText(override)}`)
      return { ...page, registries }
    },
    ...{ options, key: 'projects', columns: COLUMNS, none: 'no projects' },
    lines(projects) {
      const lines = projectTable(projects)
      const sums = registryTable(registries ?? [])
      return [...lines, ...(lines.length > 0 && sums.length > 0 ? [''] : []), ...sums]
    },
  })
}

/** The totals of the registries, or of the one with this name. A token that is not for all projects is not told of any. */
async function registriesOf(service: Service, { note }: Cli, wanted: string | undefined) {
  const { projects } = await service.get('/v1/whoami', Who)
  if (!projects.includes(ALL_PROJECTS)) {
    note(`these are the projects that the token is for: ${projects.join(', ')}`)
    return []
  }
  const { registries } = await service.get('/v1/registries', Registries)
  const shown = registries.filter(({ name }) => name === (wanted ?? name))
  if (shown.length > 0 || wanted === undefined) return shown
  throw new CommandError(
    `no registry "${wanted}"; configured: ${registries.map(({ name }) => name).join(', ') || 'none'}`,
  ).as(EXIT.notFound)
}

async function describe(cli: Cli, id: string): Promise<void> {
  const found = await readProject(await cli.service(), id)
  const { unresolved } = found.project
  if (unresolved > 0)
    cli.note(`the references of ${unresolved} manifests are not known yet: the sizes may be too small`)
  if (cli.format() === 'csv')
    cli.note(
      `csv has the project alone, in the columns of the list: "tallyman repositories ${id}" and "tallyman images ${id}" have the rest`,
    )
  else for (const line of found.left) cli.note(line)
  const { project, repositories, images } = found
  const value = { project, repositories, images }
  await cli.show({ value, rows: [found], columns: DESCRIBED_COLUMNS, lines: projectLines(found) })
}
