import { type Command, InvalidArgumentError } from 'commander'
import { Type } from 'typebox'
import { PlannedImage } from '../../expiry/planned-image.ts'
import { printableJson } from '../../platform/printable.ts'
import { parseTimestamp } from '../../platform/timestamp.ts'
import type { Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { queryOf } from '../page-options.ts'
import { csvHead, csvOf } from '../plan-csv.ts'
import { PlanEnd, planNotes } from '../plan-notes.ts'
import { type PlannedRow, planTable } from '../plan-table.ts'
import { addToTotals, type PlanTotals, totalsText } from '../plan-totals.ts'
import { readPolicyFile } from '../policy-file.ts'

const Row = Type.Object({ policy: Type.String(), ...PlannedImage.properties })
const Warned = Type.Object({ policy: Type.String(), warning: Type.String() })
const Line = Type.Union([Row, Warned, PlanEnd])

interface Options {
  project?: string
  repository?: string
  policy?: string
  asOf?: string
  all?: true
  why?: true
}

/** The command `expiry plan`. */
export function addExpiryPlan(group: Command, cli: Cli): void {
  const command = group
    .command('plan')
    .summary('Tell what expiry policies would delete, and why.')
    .description(
      'Tell what expiry policies would delete, image by image, and why. Nothing is deleted. As json, ndjson and csv, it has every image with everything that is known.',
    )
    .argument('[POLICY]', 'an expiry policy, by its name in the configuration; all if left out')
    .option('--project <ID>', 'only images of this project, REGISTRY/PATH')
    .option('--repository <NAME>', 'only images of this repository')
    .option(
      '--policy <FILE>',
      'a policy that is not configured: a file with what would stand in expiry.policies, YAML or JSON',
    )
    .option('--as-of <TIME>', 'decide as of this time, RFC 3339, past or future; now if left out', parseTime)
    .option('--all', 'in the table, also the images that stay')
    .option('--why', 'in the table, also which rules nearly decided otherwise')
    .action(async (policy: string | undefined, options: Options) => {
      if (policy !== undefined && options.policy !== undefined)
        command.error('error: expected POLICY or --policy FILE, not both')
      const print = PRINTERS[cli.output()] ?? printTable
      const found = await print(cli, await linesOf(cli, policy, options), options)
      for (const line of planNotes(found)) cli.note(line)
    })
  cli.allowLines(command)
}

/** The plan as it arrives. @throws CommandError if it is cut off */
async function linesOf(cli: Cli, policy: string | undefined, options: Options) {
  const { project, repository, asOf, policy: file } = options
  const body = file === undefined ? undefined : { policy: await readPolicyFile(file) }
  const service = await cli.service()
  const given = Object.entries({ policy, project, repository, asOf }).filter(
    ([, value]) => value !== undefined,
  )
  const lines = service.lines(`/v1/expiry/plan${queryOf(Object.fromEntries(given))}`, Line, body)
  return (async function* () {
    let isWhole = false
    for await (const line of lines) {
      if ('asOf' in line) isWhole = true
      yield line
    }
    if (!isWhole) throw new CommandError('the plan was cut off: the service has stopped, or has failed')
  })()
}
type Lines = Awaited<ReturnType<typeof linesOf>>

/** Gives the rows to `take` as they come. */
async function read(cli: Cli, lines: Lines, take: (row: PlannedRow) => void) {
  const totals: PlanTotals = { deletes: 0, untags: 0, kept: 0 }
  const warnings: { policy: string; warning: string }[] = []
  let end: PlanEnd = { asOf: '', images: 0, policies: [], undo: { until: null, text: '' } }
  for await (const line of lines) {
    if ('asOf' in line) end = line
    else if ('warning' in line) {
      warnings.push(line)
      cli.note(`warning: ${line.policy}: ${line.warning}`)
    } else {
      addToTotals(totals, line)
      take(line)
    }
  }
  const { images: _, ...about } = end
  return { ...about, ...totals, warnings }
}
type Found = Awaited<ReturnType<typeof read>>

async function printTable(cli: Cli, lines: Lines, { all, why }: Options): Promise<Found> {
  const decisions: PlannedRow[] = []
  const found = await read(cli, lines, (row) => (all || row.verdict !== 'keep') && decisions.push(row))
  cli.show({ ...found, decisions }, planTable(decisions, Date.parse(found.asOf), why ?? false))
  cli.note(`${totalsText(found)}${found.kept > 0 && !all ? ' (shown with --all)' : ''}`)
  return found
}

async function printJson(cli: Cli, lines: Lines): Promise<Found> {
  const decisions: PlannedRow[] = []
  const found = await read(cli, lines, (row) => decisions.push(row))
  cli.show({ ...found, decisions }, [])
  cli.note(totalsText(found))
  return found
}

async function printLines(cli: Cli, lines: Lines): Promise<Found> {
  const found = await read(cli, lines, (row) => cli.print(`${printableJson(row, 0)}\n`))
  cli.note(totalsText(found))
  return found
}

async function printCsv(cli: Cli, lines: Lines): Promise<Found> {
  cli.print(csvHead())
  const found = await read(cli, lines, (row) => cli.print(csvOf([row])))
  cli.note(totalsText(found))
  return found
}

const PRINTERS: Record<string, (cli: Cli, lines: Lines, options: Options) => Promise<Found>> = {
  json: printJson,
  ndjson: printLines,
  csv: printCsv,
}

function parseTime(text: string): string {
  if (parseTimestamp(text) !== undefined) return text
  throw new InvalidArgumentError('Expected a time in RFC 3339, such as 2026-11-26T12:00:00Z.')
}
