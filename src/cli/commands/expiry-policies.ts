import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Static, Type } from 'typebox'
import { formatSize } from '../../platform/units.ts'
import type { Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { parsedInteger } from '../parsed-integer.ts'
import { readPolicyFile } from '../policy-file.ts'
import { table } from '../table.ts'

const Policies = Type.Object({
  policies: Type.Array(
    Type.Object({ name: Type.String(), registries: Type.Array(Type.String()), mode: Type.String() }),
  ),
})
type Policy = Static<typeof Policies>['policies'][number]

const Curve = Type.Object({
  asOf: Type.String(),
  points: Type.Array(
    Type.Object({
      value: Type.Union([Type.Integer(), Type.String()]),
      ...{ bytes: Type.Integer(), images: Type.Integer(), tags: Type.Integer() },
    }),
  ),
})
type Point = Static<typeof Curve>['points'][number]

const POLICY_COLUMNS = columns<Policy>('name', 'registries', 'mode')
const POINT_COLUMNS = columns<Point>('value', 'bytes', 'images', 'tags')

interface CurveOptions {
  rule: string
  key: string
  value: string[]
  project?: string
}

/** The commands `expiry policies` and `expiry curve`. */
export function addExpiryPolicies(group: Command, cli: Cli): void {
  withColumns(group.command('policies'), POLICY_COLUMNS)
    .description('List the expiry policies of the configuration. As json and yaml, with all that they say.')
    .action(async () => {
      const service = await cli.service()
      const answer = await service.get('/v1/expiry/policies', Policies)
      const { policies } = answer
      if (policies.length === 0) cli.note('no expiry policy is configured')
      const lines = table(
        ['POLICY', 'MODE', 'REGISTRIES'],
        policies.map(({ name, mode, registries }) => [name, mode, registries.join(', ')]),
      )
      await cli.show({ value: answer, rows: policies, columns: POLICY_COLUMNS, lines })
    })

  withColumns(group.command('curve'), POINT_COLUMNS)
    .summary('Tell what a policy would free with each of some values of one number.')
    .description(
      'Tell what a policy would free with each of some values of a number in one of its rules, so that one can choose. Nothing is deleted.',
    )
    .argument('<FILE>', 'a file with the policy as it would stand in expiry.policies, YAML or JSON')
    .option('--rule <N>', 'which of its rules is changed; the first if left out', parsedInteger(1, 1000), '1')
    .addOption(
      new Option('--key <KEY>', 'which number of the rule')
        .choices(['newest', 'olderThan', 'notUsedFor'])
        .makeOptionMandatory(),
    )
    .requiredOption(
      '--value <VALUE...>',
      'the values in their order, such as 7d 14d 30d, or 5 10 20',
      atLeastOne,
    )
    .option('--project <ID>', 'only images of this project, REGISTRY/PATH')
    .action(async (file: string, { rule, key, value, project }: CurveOptions) => {
      const policy = await readPolicyFile(file)
      const service = await cli.service()
      const values = value.map((text) => (/^\d+$/.test(text) ? Number(text) : text))
      const body = { policy, rule: Number(rule) - 1, key, values, ...(project !== undefined && { project }) }
      const curve = await service.post('/v1/expiry/curve', body, Curve)
      const { points } = curve
      const lines = table(
        [key.toUpperCase(), 'FREES', 'IMAGES', 'SINGLE TAGS'],
        points.map(({ value, bytes, images, tags }) => [
          ...[{ right: String(value) }, { right: formatSize(bytes) }, images, tags],
        ]),
      )
      await cli.show({ value: curve, rows: points, columns: POINT_COLUMNS, lines })
    })
}

function atLeastOne(text: string, before: string[] = []): string[] {
  if (text.trim() === '') throw new InvalidArgumentError('Expected a value such as 14d or 10.')
  return [...before, text]
}
