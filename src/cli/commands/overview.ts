import { type Static, Type } from 'typebox'
import { formatSize } from '../../platform/units.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { type Cell, sizeCell, table } from '../table.ts'

const Bytes = Type.Union([Type.Integer(), Type.Null()])

/** The part of the answer that is shown. JSON has all projects, too, in columns. */
const Overview = Type.Object({
  registries: Type.Array(
    Type.Object({
      ...{ registry: Type.String(), projects: Type.Integer(), bytes: Bytes, growthBytes: Bytes },
      ...{ uniqueBytes: Type.Integer(), exclusiveBytes: Type.Integer(), referencedBytes: Type.Integer() },
      ...{
        over: Type.Integer(),
        warning: Type.Integer(),
        planned: Type.Integer(),
        planFreesBytes: Type.Integer(),
      },
    }),
  ),
})
type Sum = Static<typeof Overview>['registries'][number]

const COLUMNS = columns<Sum>(
  ...(['registry', 'projects', 'bytes', 'growthBytes', 'uniqueBytes', 'exclusiveBytes'] as const),
  ...(['referencedBytes', 'over', 'warning', 'planned', 'planFreesBytes'] as const),
)

export const addOverview: AddCommand = (program, cli) => {
  withColumns(program.command('overview'), COLUMNS)
    .summary('Sum up each registry.')
    .description(
      'Sum up each registry: what it holds, how it grew in a week, which projects are over their quota, and what the last plans would free. As json and yaml, it has all projects as well.',
    )
    .action(async () => {
      const service = await cli.service()
      const overview = await service.get('/v1/overview', Overview)
      const { registries } = overview
      await cli.show({ value: overview, rows: registries, columns: COLUMNS, lines: tableOf(registries) })
    })
}

const tableOf = (sums: readonly Sum[]) =>
  table(
    ['REGISTRY', 'PROJECTS', 'HOLDS', 'GREW', 'OVER', 'WARNING', 'PLAN FREES'],
    sums.map((one): Cell[] => [
      ...[one.registry, one.projects, sizeOf(one.bytes), sizeOf(one.growthBytes), one.over, one.warning],
      sizeCell(one.planFreesBytes),
    ]),
  )

const sizeOf = (bytes: number | null): Cell => ({ right: bytes === null ? 'not known' : formatSize(bytes) })
