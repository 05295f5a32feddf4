import { type Command, InvalidArgumentError } from 'commander'
import { type Static, Type } from 'typebox'
import { formatSize, parseSize } from '../../platform/units.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { durationOption } from '../duration-option.ts'
import { ExitStatus } from '../exit-status.ts'
import { EXIT } from '../exit-statuses.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import { fields } from '../table.ts'
import { pathOfProject } from '../tagged-images.ts'

const Text = Type.Union([Type.String(), Type.Null()])

const Quota = Type.Object({
  id: Type.String(),
  flag: Type.String(),
  flagSince: Text,
  limits: Type.Array(
    Type.Object({
      measure: Type.String(),
      used: Type.Union([Type.Integer(), Type.Null()]),
      limit: Type.Integer(),
    }),
  ),
  warnAt: Type.Array(Type.Number()),
})
type Quota = Static<typeof Quota>

const ProjectQuota = Type.Object({
  ...Quota.properties,
  configuredLimitBytes: Type.Union([Type.Number(), Type.Null()]),
  override: Type.Union([
    Type.Object({ limit: Type.Integer(), by: Text, why: Text, since: Type.String(), until: Text }),
    Type.Null(),
  ]),
})
type ProjectQuota = Static<typeof ProjectQuota>

/** The exit status of `quota check`. 1 is for what failed, 2 for wrong usage. */
const STATUS: Record<string, number> = { ok: 0, warning: EXIT.warning, over: EXIT.over }

/** `measure`, `used` and `limit` are those of the fullest limit. */
const COLUMNS = columns<Quota & Partial<ProjectQuota>>(
  ...(['id', 'flag', 'flagSince'] as const),
  ['measure', ({ limits: [fullest] }) => fullest?.measure],
  ['used', ({ limits: [fullest] }) => fullest?.used],
  ['limit', ({ limits: [fullest] }) => fullest?.limit],
  ...(['configuredLimitBytes', 'override.limit', 'override.by', 'override.why'] as const),
  ...(['override.since', 'override.until'] as const),
)

export const addQuota: AddCommand = (program, cli) => {
  const quota = addGroup(program, 'quota').description('Show and check quotas, and change that of a project.')

  withColumns(withSubject(quota.command('show')), COLUMNS)
    .description('Show a quota, how much of it is used, and who has changed it.')
    .action(async (...given: Given) => show(cli, await read(cli, given)))

  withColumns(withSubject(quota.command('check')), COLUMNS)
    .description(
      'Tell a flag by the exit status: 0 ok, 3 warning, 4 over; 1 if that is not known. The others: "tallyman help exit-status".',
    )
    .action(async (...given: Given) => {
      const found = await read(cli, given).catch((error) => {
        // It has always been 1 if the flag cannot be told, whatever the reason.
        throw error instanceof CommandError ? error.as(EXIT.failed) : error
      })
      // Before anything is measured, the flag is ok.
      const isUnknown = found.flag === 'ok' && found.limits.some(({ used }) => used === null)
      const known = [`${found.id} is `, { word: found.flag }, usedText(found)]
      const line = isUnknown ? `it is not known yet how much of its quota ${found.id} uses` : known
      await cli.show({ value: found, columns: COLUMNS, lines: [line] })
      const status = isUnknown ? 1 : (STATUS[found.flag] ?? 1)
      if (status !== 0) throw new ExitStatus(status)
    })

  withColumns(withProject(quota.command('set')), COLUMNS)
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
      const quota = await service.put(pathOf(project), body, ProjectQuota)
      await show(cli, quota)
      // A limit may be set before the first push. It may be a wrong name, too.
      if (quota.limits.every(({ used }) => used === 0))
        cli.note(`${quota.id} holds nothing so far: is the name right?`)
    })

  withColumns(withProject(quota.command('clear')), COLUMNS)
    .description('End what "quota set" has set: the configuration counts again.')
    .action(async (project: string) => {
      const service = await cli.service()
      await show(cli, await service.delete(pathOf(project), ProjectQuota))
    })
}

const withProject = (command: Command): Command =>
  command.argument('<PROJECT>', 'the registry and the path of a project, such as ci/team/app')

/** What `withSubject` gives to an action. */
type Given = [project: string | undefined, options: { group?: string; registry?: string }, command: Command]

const withSubject = (command: Command): Command =>
  command
    .argument('[PROJECT]', 'the registry and the path of a project, such as ci/team/app')
    .option('--group <NAME>', 'the quota of a group')
    .option('--registry <NAME>', 'the quota of a registry as a whole')

const pathOf = (project: string): string => `${pathOfProject(project)}/quota`

async function read(
  cli: Cli,
  [project, { group, registry }, command]: Given,
): Promise<Quota & Partial<ProjectQuota>> {
  if ([project, group, registry].filter((one) => one !== undefined).length !== 1)
    command.error('error: expected one of PROJECT, --group and --registry')
  const service = await cli.service()
  if (project !== undefined) return service.get(pathOf(project), ProjectQuota)
  const path =
    group === undefined
      ? `registries/${encodeURIComponent(registry ?? '')}`
      : `groups/${encodeURIComponent(group)}`
  return service.get(`/v1/${path}/quota`, Quota)
}

function show(cli: Cli, found: Quota & Partial<ProjectQuota>): Promise<void> {
  const { id, flag, flagSince, limits, warnAt, configuredLimitBytes = null, override = null } = found
  return cli.show({
    ...{ value: found, columns: COLUMNS },
    lines: fields([
      ['quota of', id],
      ['flag', flagSince === null ? { word: flag } : `${flag} since ${flagSince}`],
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
  })
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

function amountText({ measure, used, limit }: Quota['limits'][number]): string {
  const text = (amount: number) => (isCount(measure) ? String(amount) : formatSize(amount))
  return `${used === null ? 'not known yet' : text(used)} of ${text(limit)}`
}

function usedText({ limits: [fullest] }: Quota): string {
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
