import { type Command, InvalidArgumentError, Option } from 'commander'
import { Type } from 'typebox'
import { PlannedImage } from '../../expiry/planned-image.ts'
import { parseTimestamp } from '../../platform/timestamp.ts'
import type { Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { isStreamed } from '../output/printer.ts'
import { queryOf } from '../page-options.ts'
import { PlanEnd, planNotes } from '../plan-notes.ts'
import { type PlannedRow, planTable } from '../plan-table.ts'
import { addToTotals, type PlanTotals, totalsText } from '../plan-totals.ts'
import { readPolicyFile } from '../policy-file.ts'

const Row = Type.Object({ policy: Type.String(), ...PlannedImage.properties })
const Warned = Type.Object({ policy: Type.String(), warning: Type.String() })
const Line = Type.Union([Row, Warned, PlanEnd])

/** What CSV has of each image of a plan. */
export const PLAN_COLUMNS = columns<PlannedRow>(
  ...(['policy', 'verdict', 'project', 'repository', 'tags', 'untag', 'digest', 'rule', 'reason'] as const),
  ...(['age', 'ageSource', 'lastUse', 'isUseKnown', 'sizeBytes', 'reclaimableBytes'] as const),
  ['nearMisses', ({ nearMisses }) => nearMisses?.join('; ')],
  ...(['announcedAt', 'goesFrom'] as const),
)

interface Options {
  registry?: string
  verdict?: string
  project?: string
  repository?: string
  policy?: string
  asOf?: string
  all?: true
  why?: true
}

/** The command `expiry plan`. */
export function addExpiryPlan(group: Command, cli: Cli): void {
  withColumns(group.command('plan'), PLAN_COLUMNS)
    .summary('Tell what expiry policies would delete, and why.')
    .description(
      'Tell what expiry policies would delete, image by image, and why. Nothing is deleted. As json, ndjson, yaml and csv, it has every image with everything that is known.',
    )
    .argument('[POLICY]', 'an expiry policy, by its name in the configuration; all if left out')
    .option('--registry <NAME>', 'only images of this registry')
    .option('--project <ID>', 'only images of this project, REGISTRY/PATH')
    .option('--repository <NAME>', 'only images of this repository')
    .addOption(
      new Option('--verdict <VERDICT>', 'only images with this verdict').choices(['delete', 'untag', 'keep']),
    )
    .option(
      '--policy <FILE>',
      'a policy that is not configured: a file with what would stand in expiry.policies, YAML or JSON',
    )
    .option('--as-of <TIME>', 'decide as of this time, RFC 3339, past or future; now if left out', parseTime)
    .option('--all', 'in the table, also the images that stay')
    .option('--why', 'in the table, also which rules nearly decided otherwise')
    .action(async (policy: string | undefined, options: Options, command: Command) => {
      if (policy !== undefined && options.policy !== undefined)
        command.error('error: expected POLICY or --policy FILE, not both')
      const found = await print(cli, await linesOf(cli, policy, options), options)
      cli.note(
        `${totalsText(found)}${cli.format() === 'table' && found.kept > 0 && !options.all ? ' (shown with --all)' : ''}`,
      )
      for (const line of planNotes(found)) cli.note(line)
    })
}

/** The plan as it arrives. @throws CommandError if it is cut off */
async function linesOf(cli: Cli, policy: string | undefined, options: Options) {
  const { registry, project, repository, verdict, asOf, policy: file } = options
  const body = file === undefined ? undefined : { policy: await readPolicyFile(file) }
  const service = await cli.service()
  const given = Object.entries({ policy, registry, project, repository, verdict, asOf }).filter(
    ([, value]) => value !== undefined,
  )
  const path = `/v1/expiry/plan${queryOf(Object.fromEntries(given))}`
  const chunks = service.chunks(path, Line, body)
  return (async function* () {
    let isWhole = false
    for await (const chunk of chunks) {
      isWhole ||= chunk.some((line) => 'asOf' in line)
      yield chunk
    }
    if (!isWhole) throw new CommandError('the plan was cut off: the service has stopped, or has failed')
  })()
}
type Lines = Awaited<ReturnType<typeof linesOf>>

/** What a plan comes to, besides its images. */
type Found = Omit<PlanEnd, 'images'> & PlanTotals & { warnings: { policy: string; warning: string }[] }

async function print(cli: Cli, lines: Lines, { all, why }: Options): Promise<Found> {
  const found: Found = {
    ...{ asOf: '', policies: [], undo: { until: null, text: '' } },
    ...{ deletes: 0, untags: 0, kept: 0, warnings: [] },
  }
  const chunks = rowsOf(cli, lines, found)
  if (isStreamed(cli.format())) {
    await cli.stream(PLAN_COLUMNS, chunks)
    return found
  }
  const isAll = all || cli.format() !== 'table'
  const decisions: PlannedRow[] = []
  for await (const rows of chunks)
    decisions.push(...(isAll ? rows : rows.filter(({ verdict }) => verdict !== 'keep')))
  await cli.show({
    ...{ value: { ...found, decisions }, rows: decisions, columns: PLAN_COLUMNS },
    lines: cli.format() === 'table' ? planTable(decisions, Date.parse(found.asOf), why ?? false) : [],
  })
  return found
}

/** The images as they come. What else the plan tells is put into `found`. */
async function* rowsOf(cli: Cli, lines: Lines, found: Found): AsyncGenerator<PlannedRow[]> {
  for await (const chunk of lines) {
    const rows: PlannedRow[] = []
    for (const line of chunk) {
      if ('asOf' in line) {
        const { images: _, ...about } = line
        Object.assign(found, about)
      } else if ('warning' in line) {
        found.warnings.push(line)
        cli.note(`warning: ${line.policy}: ${line.warning}`)
      } else {
        addToTotals(found, line)
        rows.push(line)
      }
    }
    yield rows
  }
}

function parseTime(text: string): string {
  if (parseTimestamp(text) !== undefined) return text
  throw new InvalidArgumentError('Expected a time in RFC 3339, such as 2026-11-26T12:00:00Z.')
}
