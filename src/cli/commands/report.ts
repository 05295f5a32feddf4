import { InvalidArgumentError, Option } from 'commander'
import { type Static, Type } from 'typebox'
import { formatSize } from '../../platform/units.ts'
import type { AddCommand } from '../cli.ts'
import { withColumns } from '../described.ts'
import { columns } from '../output/columns.ts'
import { isStreamed } from '../output/printer.ts'
import { Next, queryOf } from '../page-options.ts'
import type { Service } from '../service.ts'
import { type Cell, sizeCell, table } from '../table.ts'

const orNull = Type.Union([Type.Number(), Type.Null()])
const row = {
  registry: Type.String(),
  kind: Type.String(),
  name: Type.Union([Type.String(), Type.Null()]),
  ...{ fromBytes: Type.Number(), toBytes: Type.Number(), changeBytes: Type.Number() },
  ...{ byteHours: Type.Number(), exclusiveByteHours: orNull, hoursKnown: Type.Integer(), price: orNull },
}
const Row = Type.Object(row)
type Row = Static<typeof Row>

const Report = Type.Object({
  month: Type.String(),
  asOf: Type.String(),
  hours: Type.Integer(),
  hoursOfMonth: Type.Integer(),
  registries: Type.Array(Type.Object({ ...row, pricePerGiBMonth: orNull })),
  rows: Type.Array(Row),
  ...Next,
})
type Report = Static<typeof Report>

type Month = Pick<Report, 'month' | 'hours' | 'hoursOfMonth'>

const COLUMNS = columns<Row & Month>(
  ...(['month', 'hours', 'hoursOfMonth', 'registry', 'kind', 'name', 'fromBytes', 'toBytes'] as const),
  ...(['changeBytes', 'byteHours', 'exclusiveByteHours', 'hoursKnown', 'price'] as const),
)

interface Options {
  month?: string
  by: 'project' | 'pusher'
  registry?: string
}

export const addReport: AddCommand = (program, cli) => {
  withColumns(program.command('report'), COLUMNS)
    .summary('Tell what was held in a month, and what it costs.')
    .description(
      'Tell the byte-hours of a month by project or by pusher, the change and the price. Months are those of UTC. The running month is told as far as it goes.',
    )
    .option('--month <MONTH>', 'such as 2026-10; the running month if left out', parseMonthName)
    .addOption(
      new Option('--by <WHAT>', 'what the rows are about').choices(['project', 'pusher']).default('project'),
    )
    .option('--registry <NAME>', 'only this registry')
    .action(async (options: Options) => {
      const pages = pagesOf(await cli.service(), options)
      const first = (await pages.next()).value
      if (first === undefined) return
      const { month, hours, hoursOfMonth } = first
      const lineOf = (row: Row): Row & Month => ({ month, hours, hoursOfMonth, ...row })
      async function* chunks() {
        yield first?.rows.map(lineOf) ?? []
        for await (const { rows } of pages) yield rows.map(lineOf)
      }
      if (isStreamed(cli.format())) await cli.stream(COLUMNS, chunks())
      else {
        const rest = (await Array.fromAsync(pages)).flatMap(({ rows }) => rows)
        const { next: _, ...report } = { ...first, rows: [...first.rows, ...rest] }
        await cli.show({ value: report, columns: COLUMNS, rows: [], lines: tableOf(report) })
      }
      for (const note of notesOf(first)) cli.note(note)
    })
}

/** The pages of one month: the running month may end between two of them. */
async function* pagesOf(service: Service, options: Options): AsyncGenerator<Report, undefined> {
  for (let page: { month?: string; cursor?: string } = {}; ; ) {
    const report = await service.get(`/v1/report${queryOf({ ...options, limit: 1000, ...page })}`, Report)
    yield report
    if (report.next === null) return undefined
    page = { month: report.month, cursor: report.next }
  }
}

function tableOf({ registries, rows }: Omit<Report, 'next'>) {
  const cells = (one: Row): Cell[] => [
    nameOf(one),
    ...[sizeCell(one.fromBytes), sizeCell(one.toBytes), { right: changeText(one.changeBytes) }],
    { right: gibHours(one.byteHours) },
    { right: one.exclusiveByteHours === null ? '' : gibHours(one.exclusiveByteHours) },
    one.hoursKnown,
    { right: one.price === null ? '' : one.price.toFixed(2) },
  ]
  const head = ['', 'FROM', 'TO', 'CHANGE', 'GIB-HOURS', 'EXCLUSIVE', 'HOURS', 'PRICE']
  const largest = rows.toSorted((a, b) => b.byteHours - a.byteHours)
  return table(head, [...largest, ...registries].map(cells))
}

function nameOf({ registry, kind, name }: Row): string {
  if (kind === 'project') return `${registry}/${name}`
  if (kind === 'pusher') return `${name} at ${registry}`
  return kind === 'registry' ? `registry ${registry}` : `${kind} at ${registry}`
}

const changeText = (bytes: number): string => `${bytes < 0 ? '-' : '+'}${formatSize(Math.abs(bytes))}`
const gibHours = (byteHours: number): string => (byteHours / 2 ** 30).toFixed(1)

/** What people must know before they use the numbers. */
function notesOf({ month, hours, hoursOfMonth, registries }: Omit<Report, 'next'>): string[] {
  const notes = hours < hoursOfMonth ? [`${month} is not over: ${hours} of its ${hoursOfMonth} hours`] : []
  for (const { registry, hoursKnown } of registries)
    if (hoursKnown < hours)
      notes.push(
        `${registry}: ${hours - hoursKnown} of ${hours} hours are not known, and count nothing${hoursKnown === 0 ? ': there is no sample of this month' : ''}`,
      )
  return notes
}

function parseMonthName(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text
  throw new InvalidArgumentError('Expected a month such as 2026-10.')
}
