import { Option } from 'commander'
import { type Static, Type } from 'typebox'
import { HOUR_MS } from '../../history/sample.ts'
import { sparkline } from '../../history/sparkline.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { queryOf } from '../page-options.ts'
import { sizeCell, table } from '../table.ts'
import { pathOfProject } from '../tagged-images.ts'

const UsageHistory = Type.Object({
  samples: Type.Array(
    Type.Object({
      at: Type.String(),
      uniqueBytes: Type.Integer(),
      exclusiveBytes: Type.Integer(),
      referencedBytes: Type.Integer(),
      tags: Type.Integer(),
      manifests: Type.Integer(),
    }),
  ),
})

const COLUMNS = columns<Static<typeof UsageHistory>['samples'][number]>(
  ...(['at', 'uniqueBytes', 'exclusiveBytes', 'referencedBytes', 'tags', 'manifests'] as const),
)

interface Options {
  registry?: string
  step: 'hour' | 'day'
  from?: string
  to?: string
}

export const addHistory: AddCommand = (program, cli) => {
  withColumns(program.command('history'), COLUMNS)
    .summary('Show usage over time.')
    .description(
      'Show the usage of a project, or of a registry, over time. The row of blocks shows its unique bytes.',
    )
    .argument('[PROJECT]', 'the registry and the path of a project, such as ci/team/app')
    .option('--registry <NAME>', 'show this registry as a whole')
    .addOption(
      new Option('--step <STEP>', 'a sample of each day of two years, or of each hour of a week')
        .choices(['day', 'hour'])
        .default('day'),
    )
    .option('--from <TIME>', 'only from then on, such as 2027-06 or 2027-06-15')
    .option('--to <TIME>', 'only from before then')
    .action(async (project: string | undefined, { registry, ...query }: Options, command) => {
      if ((project === undefined) === (registry === undefined))
        command.error('error: expected either PROJECT or --registry')
      const path =
        project === undefined
          ? `/v1/registries/${encodeURIComponent(registry ?? '')}`
          : pathOfProject(project)
      const service = await cli.service()
      const answer = await service.get(`${path}/history${queryOf(query)}`, UsageHistory)
      const { samples } = answer
      if (samples.length === 0) cli.note('no samples yet: the first comes at the next full hour')
      const rows = samples.map((one) => [
        query.step === 'day' ? one.at.slice(0, 10) : one.at.slice(0, 16),
        ...[sizeCell(one.uniqueBytes), sizeCell(one.exclusiveBytes), sizeCell(one.referencedBytes)],
        ...[one.tags, one.manifests],
      ])
      const stepMs = query.step === 'day' ? 24 * HOUR_MS : HOUR_MS
      const lines = samples.length === 0 ? [] : [sparkline(withGaps(samples, stepMs)), '']
      const head = [
        query.step === 'day' ? 'DAY' : 'HOUR',
        'UNIQUE',
        'EXCLUSIVE',
        'REFERENCED',
        'TAGS',
        'MANIFESTS',
      ]
      const shown = { value: answer, rows: samples, columns: COLUMNS }
      await cli.show({ ...shown, lines: [...lines, ...table(head, rows)] })
    })
}

/** The most blocks of a row. */
const WIDTH = 72

/** The unique bytes of the last steps; `undefined` where a sample is missing. */
function withGaps(samples: readonly { at: string; uniqueBytes: number }[], stepMs: number) {
  const byTime = new Map(samples.map(({ at, uniqueBytes }) => [Date.parse(at), uniqueBytes]))
  const times = [...byTime.keys()]
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  const count = Math.min(WIDTH, Math.round((last - first) / stepMs) + 1)
  return Array.from({ length: count }, (_, n) => byTime.get(last - (count - 1 - n) * stepMs))
}
