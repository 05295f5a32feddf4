import { type Static, Type } from 'typebox'
import { formatSize } from '../../platform/units.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { EXIT } from '../exit-statuses.ts'
import { columns } from '../output/columns.ts'
import type { Line } from '../output/line.ts'
import { queryOf } from '../page-options.ts'
import { type Cell, fields, table } from '../table.ts'
import { pathOfProject } from '../tagged-images.ts'
import { Registries } from '../usage-answers.ts'

const Band = Type.Union([
  Type.Object({ low: Type.Integer(), middle: Type.Integer(), high: Type.Integer() }),
  Type.Null(),
])

const Forecast = Type.Object({
  kind: Type.String(),
  text: Type.String(),
  nowBytes: Type.Union([Type.Integer(), Type.Null()]),
  until: Type.String(),
  bytesThen: Band,
  thresholds: Type.Array(
    Type.Object({
      share: Type.Number(),
      bytes: Type.Integer(),
      text: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})
type Forecast = Static<typeof Forecast>

const OfRegistry = Type.Object({
  ...Forecast.properties,
  garbage: Type.Union([
    Type.Object({
      bytes: Type.Integer(),
      bytesThen: Type.Union([Type.Integer(), Type.Null()]),
    }),
    Type.Null(),
  ]),
})
type OfRegistry = Static<typeof OfRegistry>

const COLUMNS = columns<Forecast & { registry?: string; garbage?: OfRegistry['garbage'] }>(
  ...(['registry', 'kind', 'text', 'nowBytes', 'until', 'bytesThen.low', 'bytesThen.middle'] as const),
  'bytesThen.high',
  ['quotaBytes', ({ thresholds }) => quotaIn(thresholds)?.bytes],
  ['passesQuota', (one) => quotaCell(one)],
  ['garbageBytes', ({ garbage }) => garbage?.bytes],
  ['garbageBytesThen', ({ garbage }) => garbage?.bytesThen ?? undefined],
)

interface Options {
  group?: string
  registry?: string
  until?: string
}

export const addForecast: AddCommand = (program, cli) => {
  withColumns(program.command('forecast'), COLUMNS)
    .summary('Tell how much space will be needed.')
    .description(
      'Tell how much space each registry will need if all goes on as in the last weeks. With PROJECT or --group: when it passes its quota.',
    )
    .argument('[PROJECT]', 'the registry and the path of a project, such as ci/team/app')
    .option('--registry <NAME>', 'only this registry')
    .option('--group <NAME>', 'a group of projects with a quota')
    .option('--until <TIME>', 'when, such as 2027-06 or 2027-06-15; in 90 days if left out')
    .action(async (project: string | undefined, { registry, group, until }: Options, command) => {
      if ([project, registry, group].filter((one) => one !== undefined).length > 1)
        command.error('error: expected one of PROJECT, --registry and --group')
      const service = await cli.service()
      const query = queryOf(until === undefined ? {} : { until })
      if (project !== undefined || group !== undefined) {
        const path =
          project === undefined ? `/v1/groups/${encodeURIComponent(group ?? '')}` : pathOfProject(project)
        const answer = await service.get(`${path}/forecast${query}`, Forecast)
        await cli.show({ value: answer, columns: COLUMNS, lines: linesOf(answer) })
        return
      }
      const { registries } = await service.get('/v1/registries', Registries)
      const names = registries.map(({ name }) => name).filter((name) => name === (registry ?? name))
      if (names.length === 0 && registry !== undefined)
        throw new CommandError(
          `no registry "${registry}"; configured: ${registries.map(({ name }) => name).join(', ') || 'none'}`,
        ).as(EXIT.notFound)
      const forecasts = await Promise.all(
        names.map(async (name) => ({
          registry: name,
          ...(await service.get(`/v1/registries/${encodeURIComponent(name)}/forecast${query}`, OfRegistry)),
        })),
      )
      const then = forecasts[0]?.until.slice(0, 10) ?? ''
      const rows = forecasts.map((one): Cell[] => [
        ...[one.registry, { right: nowText(one) }, thenCell(one), bandCell(one), quotaCell(one), one.text],
      ])
      const lines = table(['REGISTRY', 'NOW', `ON ${then}`, 'BETWEEN', 'PASSES QUOTA', 'WHY'], rows)
      for (const { registry, garbage } of forecasts)
        if (garbage !== null && garbage.bytes > 0)
          cli.note(
            `${registry}: its storage holds ${formatSize(garbage.bytes)} of garbage beside this, which a collection would free (tallyman gc advise ${registry})`,
          )
      await cli.show({ value: { forecasts }, rows: forecasts, columns: COLUMNS, lines })
    })
}

const thenCell = ({ bytesThen }: Forecast): Cell => ({
  right: bytesThen === null ? 'not known' : formatSize(bytesThen.middle),
})

const bandCell = ({ bytesThen }: Forecast): string =>
  bytesThen === null ? '' : `${formatSize(bytesThen.low)} and ${formatSize(bytesThen.high)}`

const quotaIn = (thresholds: Forecast['thresholds']) => thresholds.find(({ share }) => share === 1)

/** When it passes its quota; empty without a quota. */
function quotaCell({ kind, thresholds }: Forecast): string {
  const limit = quotaIn(thresholds)
  return limit === undefined ? '' : whenText(kind, limit.text)
}

const whenText = (kind: string, text: string | null): string =>
  text ?? (kind === 'tooLittle' ? 'not known' : 'not in sight')

/** The bytes now. A group without a sample has none. */
const nowText = ({ nowBytes }: Forecast): string =>
  nowBytes === null ? 'not known yet' : formatSize(nowBytes)

function linesOf(answer: Forecast): Line[] {
  const { kind, text, until, bytesThen, thresholds } = answer
  const then = bytesThen === null ? 'not known' : `${formatSize(bytesThen.middle)} (${bandCell(answer)})`
  return fields([
    ['now', nowText(answer)],
    ['forecast', text],
    [`on ${until.slice(0, 10)}`, then],
    ...thresholds.map(({ share, bytes, text }) => {
      const name = share === 1 ? 'quota' : `${Math.round(share * 100)} % of the quota`
      return [`${name}, ${formatSize(bytes)}`, whenText(kind, text)] as const
    }),
  ])
}
