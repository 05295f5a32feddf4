import { Argument, InvalidArgumentError, Option } from 'commander'
import { PolicyError } from '../../expiry/dialects/dialect.ts'
import { DIALECT_NAMES, DIALECTS, type DialectName } from '../../expiry/dialects/dialects.ts'
import { readImages } from '../../expiry/dialects/images-file.ts'
import { type Report, reportOf } from '../../expiry/dialects/report.ts'
import { parseTimestamp } from '../../platform/timestamp.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { addGroup } from '../group.ts'
import { POLICY_LIMIT } from '../policy-file.ts'
import { readDocument } from '../read-document.ts'
import { table } from '../table.ts'
import { addExpiryDiff } from './expiry-diff.ts'
import { addExpiryPlan } from './expiry-plan.ts'
import { addStop } from './expiry-stop.ts'
import { addKeeps } from './keeps.ts'

/** Bytes of a file of images: some 400 bytes an image. */
const IMAGES_LIMIT = 512 * 1024 * 1024

interface TryOptions {
  dialect: DialectName
  images: string
  now?: number
}

export const addExpiry: AddCommand = (program, cli) => {
  const group = addGroup(program, 'expiry').description(
    'Plan what policies expire, keep images, and stop runs.',
  )
  addExpiryPlan(group, cli)
  addExpiryDiff(group, cli)
  addStop(group, cli)
  addKeeps(group, cli)
  group
    .command('try')
    .summary('Tell what a retention policy of another system would do.')
    .description(
      'Tell what a retention policy of another system would do with images from a file, as that system decides. It needs no service, and nothing is deleted.',
    )
    .addArgument(
      new Argument('<POLICY>', 'a file with the policy as the API of its system returns it, JSON or YAML'),
    )
    .addOption(
      new Option('--dialect <SYSTEM>', 'the system whose policy it is')
        .choices(DIALECT_NAMES)
        .makeOptionMandatory(),
    )
    .requiredOption('--images <FILE>', 'the images, as "tallyman images PROJECT --output json" prints them')
    .option('--now <TIME>', 'decide as of this time, RFC 3339; now if left out', parseTime)
    .action(async (file: string, options: TryOptions) => {
      const report = await decide(file, options)
      for (const warning of report.warnings) cli.note(`warning: ${warning}`)
      cli.note(`expire ${report.expired.length}, keep ${report.kept.length}`)
      cli.show(report, linesOf(report))
    })
}

async function decide(file: string, options: TryOptions): Promise<Report> {
  const dialect = DIALECTS[options.dialect]
  const policy = await readDocument(file, POLICY_LIMIT)
  const images = await readDocument(options.images, IMAGES_LIMIT)
  const now = options.now ?? Date.now() * 1000
  const scene = { ...(await named(options.images, () => readImages(images))), now }
  return named(file, () => reportOf(dialect, dialect.read(policy)(scene)))
}

/** Runs `act`; the error of a document names its file. */
function named<T>(file: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof PolicyError ? new CommandError(`${file}: ${error.message}`) : error
  }
}

const linesOf = ({ kept, expired, reasons }: Report): string[] =>
  table(
    ['VERDICT', 'IMAGE', 'REASON'],
    [
      ...expired.map((name) => ['expire', name, reasons[name] ?? '']),
      ...kept.map((name) => ['keep', name, reasons[name] ?? '']),
    ],
  )

function parseTime(text: string): number {
  const time = parseTimestamp(text)
  if (time === undefined)
    throw new InvalidArgumentError('Expected a time in RFC 3339, such as 2026-11-26T12:00:00Z.')
  return time
}
