import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { readPolicy } from '../../config/read-policy.ts'
import { PolicyError } from '../../expiry/dialects/dialect.ts'
import { DIALECT_NAMES, DIALECTS, type DialectName } from '../../expiry/dialects/dialects.ts'
import { type ImagesFile, readImages } from '../../expiry/dialects/images-file.ts'
import { type Report, reportOf } from '../../expiry/dialects/report.ts'
import type { ExpiryPolicy } from '../../expiry/plan.ts'
import { tryPolicy } from '../../expiry/try-policy.ts'
import { parseTimestamp } from '../../platform/timestamp.ts'
import type { Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import type { Line } from '../output/line.ts'
import { POLICY_LIMIT, readPolicyFile } from '../policy-file.ts'
import { readDocument } from '../read-document.ts'
import { table, tagsCell } from '../table.ts'

/** Bytes of a file of images: some 400 bytes an image. */
const IMAGES_LIMIT = 512 * 1024 * 1024

interface TryOptions {
  dialect?: DialectName
  images: string
  now?: number
}

/** A verdict on an image or a tag. */
interface Verdict {
  verdict: 'expire' | 'keep'
  name: string
  /** Of an image. */
  tags?: string[]
  reason: string
}

const COLUMNS = columns<Verdict>('verdict', 'name', 'tags', 'reason')

/** The command `expiry try`. */
export function addExpiryTry(group: Command, cli: Cli): void {
  withColumns(group.command('try'), COLUMNS)
    .summary('Tell what a retention policy would do with images from a file.')
    .description(
      'Tell what a retention policy would do with images from a file: a policy of the configuration as a plan decides, or one of another system as that system decides. It needs no service, and nothing is deleted.',
    )
    .addArgument(
      new Argument(
        '<POLICY>',
        'a file, JSON or YAML: what would stand in expiry.policies, "match" may be left out; with --dialect, the policy as the API of its system returns it',
      ),
    )
    .addOption(new Option('--dialect <SYSTEM>', 'the other system whose policy it is').choices(DIALECT_NAMES))
    .requiredOption('--images <FILE>', 'the images, as "tallyman images PROJECT --output json" prints them')
    .option('--now <TIME>', 'decide as of this time, RFC 3339; now if left out', parseTime)
    .action(async (file: string, options: TryOptions) => {
      const decide = await readDecide(file, options.dialect)
      const document = await readDocument(options.images, IMAGES_LIMIT)
      const images = named(options.images, () => readImages(document))
      const report = decide(images, options.now ?? Date.now() * 1000)
      for (const warning of report.warnings) cli.note(`warning: ${warning}`)
      cli.note(`expire ${report.expired.length}, keep ${report.kept.length}`)
      const rows = verdictsOf(report, images)
      await cli.show({ value: report, rows, columns: COLUMNS, lines: tableOf(rows) })
    })
}

/** Reads a policy, and gives what decides by it. */
async function readDecide(
  file: string,
  name: DialectName | undefined,
): Promise<(images: ImagesFile, now: number) => Report> {
  if (name === undefined) {
    const policy = await readOwnPolicy(file)
    return (images, now) => tryPolicy(policy, images, now)
  }
  const dialect = DIALECTS[name]
  const document = await readDocument(file, POLICY_LIMIT)
  const decide = named(file, () => dialect.read(document))
  return (images, now) => reportOf(dialect, decide({ ...images, now }))
}

/** @throws CommandError that names each field which is wrong */
async function readOwnPolicy(file: string): Promise<ExpiryPolicy> {
  const read = await readPolicy(await readPolicyFile(file))
  if ('problems' in read)
    throw new CommandError(
      ...read.problems.map(({ key, message }) =>
        [file, key, message].filter((part) => part !== '').join(': '),
      ),
    )
  const { match, ...policy } = read.policy
  return { ...policy, ...match }
}

/** Runs `act`; the error of a document names its file. */
function named<T>(file: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof PolicyError ? new CommandError(`${file}: ${error.message}`) : error
  }
}

/** Verdicts on images have their tags beside them; verdicts on tags name them. */
function verdictsOf({ unit, kept, expired, reasons }: Report, { images }: ImagesFile): Verdict[] {
  const tags = new Map(
    images.map((one) => [`${one.repository}@${one.digest}`, one.tags.map(({ name }) => name)]),
  )
  const of = (verdict: Verdict['verdict']) => (name: string) => ({
    ...{
      verdict,
      name,
      ...(unit === 'digest' && { tags: tags.get(name) ?? [] }),
      reason: reasons[name] ?? '',
    },
  })
  return [...expired.map(of('expire')), ...kept.map(of('keep'))]
}

function tableOf(verdicts: readonly Verdict[]): Line[] {
  const haveTags = verdicts.some(({ tags }) => tags !== undefined)
  return table(
    ['VERDICT', 'IMAGE', ...(haveTags ? ['TAGS'] : []), 'REASON'],
    verdicts.map(({ verdict, name, tags = [], reason }) => [
      ...[{ word: verdict }, name, ...(haveTags ? [tagsCell(tags) || 'none'] : []), reason],
    ]),
  )
}

function parseTime(text: string): number {
  const time = parseTimestamp(text)
  if (time === undefined)
    throw new InvalidArgumentError('Expected a time in RFC 3339, such as 2026-11-26T12:00:00Z.')
  return time
}
