import { type Command, Option } from 'commander'
import { ALL_PROJECTS } from '../../access/access.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { noteNext, type PageOptions, queryOf, withPage } from '../page-options.ts'
import type { Service } from '../service.ts'
import { ProjectPage, Registries, readProject } from '../usage-answers.ts'
import { overrideText, projectLines, projectTable, registryTable } from '../usage-table.ts'
import { Who } from './whoami.ts'

interface ListOptions extends PageOptions {
  registry?: string
  search?: string
  sort?: string
}

export const addUsage: AddCommand = (program, cli) => {
  withPage(program.command('usage'))
    .summary('Tell who uses how much.')
    .description(
      'List the projects, the largest first, and the total of each registry. With PROJECT: its numbers, and what in it is large.',
    )
    .argument('[PROJECT]', 'the registry and the path of a project, such as ci/team/app')
    .option('--registry <NAME>', 'list only projects of this registry')
    .option('--search <TEXT>', 'list only projects with this text in their name')
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
  const page = await service.get(`/v1/projects${queryOf(options)}`, ProjectPage)
  const shown = await registriesOf(service, cli, options.registry)
  if (page.projects.length === 0) cli.note('no projects')
  for (const { id, override } of page.projects)
    if (override !== null) cli.note(`${id}: its limit is not the configured one${overrideText(override)}`)
  const projects = projectTable(page.projects)
  cli.show({ ...page, registries: shown }, [
    ...projects,
    ...(projects.length > 0 ? [''] : []),
    ...registryTable(shown),
  ])
  noteNext(cli, page)
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
  )
}

async function describe(cli: Cli, id: string): Promise<void> {
  const found = await readProject(await cli.service(), id)
  const { unresolved } = found.project
  if (unresolved > 0)
    cli.note(`the references of ${unresolved} manifests are not known yet: the sizes may be too small`)
  for (const line of found.left) cli.note(line)
  const { project, repositories, images } = found
  cli.show({ project, repositories, images }, projectLines(found))
}
