import { type Command, InvalidArgumentError } from 'commander'
import { type Static, Type } from 'typebox'
import { formatSize, parseSize } from '../../platform/units.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { durationOption } from '../duration-option.ts'
import { ExitStatus } from '../exit-status.ts'
import { addGroup } from '../group.ts'
import { fields } from '../table.ts'
import { pathOfProject } from '../tagged-images.ts'

const Text = Type.Union([Type.String(), Type.Null()])

const ProjectQuota = Type.Object({
  id: Type.String(),
  flag: Type.String(),
  flagSince: Text,
  limits: Type.Array(Type.Object({ measure: Type.String(), used: Type.Integer(), limit: Type.Integer() })),
  warnAt: Type.Array(Type.Number()),
  configuredLimitBytes: Type.Union([Type.Number(), Type.Null()]),
  override: Type.Union([
    Type.Object({ limit: Type.Integer(), by: Text, why: Text, since: Type.String(), until: Text }),
    Type.Null(),
  ]),
})
type ProjectQuota = Static<typeof ProjectQuota>

/** The exit status of `quota check`. 1 is for what failed, 2 for wrong usage. */
const STATUS: Record<string, number> = { ok: 0, warning: 3, over: 4 }

export const addQuota: AddCommand = (program, cli) => {
  const quota = addGroup(program, 'quota').description('Show, check and change the quota of a project.')

  withProject(quota.command('show'))
    .description('Show the quota of a project, how much of it is used, and who has changed it.')
    .action(async (project: string) => show(cli, await read(cli, project)))

  withProject(quota.command('check'))
    .description(
      'Tell the flag of a project by the exit status: 0 ok, 3 warning, 4 over; 1 if that is not known, 2 for wrong usage.',
    )
    .action(async (project: string) => {
      const found = await read(cli, project)
      cli.show(found, [`${found.id} is ${found.flag}${usedText(found)}`])
      const status = STATUS[found.flag] ?? 1
      if (status !== 0) throw new ExitStatus(status)
    })

  withProject(quota.command('set'))
    .summary('Set the limit of a project, in place of that of the configuration.')
    .description(
      'Set the limit of a project, in place of that of the configuration. It holds at once, and survives restarts.',
    )
    .argument('<LIMIT>', 'the limit, such as 80GiB', parseLimit)
    .option('--for <DURATION>', 'for how long, such as 7d; until "quota clear" if left out', durationOption)
    .option('--why <TEXT>', 'why: alerts show it')
    .action(async (project: string, limit: string, options: { for?: string; why?: string }) => {
      const service = await cli.service()
      const by = cli.env.USER ?? cli.env.LOGNAME
      const body = { limit, ...options, ...(by && { by }) }
      show(cli, await service.put(pathOf(project), body, ProjectQuota))
    })

  withProject(quota.command('clear'))
    .description('End what "quota set" has set: the configuration counts again.')
    .action(async (project: string) => {
      const service = await cli.service()
      show(cli, await service.delete(pathOf(project), ProjectQuota))
    })
}

const withProject = (command: Command): Command =>
  command.argument('<PROJECT>', 'the registry and the path of a project, such as ci/team/app')

const pathOf = (project: string): string => `${pathOfProject(project)}/quota`

const read = async (cli: Cli, project: string): Promise<ProjectQuota> =>
  (await cli.service()).get(pathOf(project), ProjectQuota)

function show(cli: Cli, found: ProjectQuota): void {
  const { id, flag, flagSince, limits, warnAt, configuredLimitBytes, override } = found
  cli.show(
    found,
    fields([
      ['project', id],
      ['flag', flagSince === null ? flag : `${flag} since ${flagSince}`],
      ...limits.map((one): [string, string] => [one.measure, amountText(one)]),
      ...(limits.length === 0 ? [['quota', 'none'] as [string, string]] : []),
      ...(warnAt.length === 0
        ? []
        : [
            ['warning from', warnAt.map((share) => `${Math.round(share * 100)} %`).join(', ')] as [
              string,
              string,
            ],
          ]),
      ...(override === null ? [] : overrideFields(override, configuredLimitBytes)),
    ]),
  )
}

const overrideFields = (
  { by, why, since, until }: NonNullable<ProjectQuota['override']>,
  configured: number | null,
): [string, string][] => [
  ['set by', `${by ?? 'hand'}, ${since}`],
  ['until', until ?? 'it is cleared'],
  ...(why === null ? [] : [['why', why] as [string, string]]),
  ['configured', configured === null ? 'no limit of bytes' : formatSize(configured)],
]

const isCount = (measure: string): boolean => ['tags', 'manifests'].includes(measure)

const amountText = ({ measure, used, limit }: ProjectQuota['limits'][number]): string =>
  isCount(measure) ? `${used} of ${limit}` : `${formatSize(used)} of ${formatSize(limit)}`

function usedText({ limits: [fullest] }: ProjectQuota): string {
  if (fullest === undefined) return ': it has no quota'
  const { measure } = fullest
  return `: ${amountText(fullest)}${measure === 'unique' ? '' : ` (${measure})`}`
}

function parseLimit(text: string): string {
  try {
    if (parseSize(text) > 0) return text
  } catch {
    // The same advice.
  }
  throw new InvalidArgumentError('Expected a size above 0 such as 80GiB or 1.5TB.')
}
