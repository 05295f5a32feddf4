import { printableJson } from '../../platform/printable.ts'
import type { Columns } from './columns.ts'
import type { Format } from './formats.ts'
import { type Line, textOf } from './line.ts'

/** The result of a command, in all formats. Text from outside needs no escaping before. */
export interface Result<Row extends object = object> {
  /** What json and yaml print: the answer of the API. */
  value: unknown
  /** What ndjson and csv print, one a line. `value` alone if left out. */
  rows?: readonly Row[]
  /** What csv has of each row. */
  columns: Columns<Row>
  /** What a table prints. */
  lines: readonly Line[]
}

/** Prints results on standard output. Each command calls one of its functions, once. */
export interface Printer {
  format(): Format
  /** Prints a text as it is, whatever the format: text from outside must be escaped before. */
  print(text: string): Promise<void>
  show<Row extends object>(result: Result<Row>): Promise<void>
  /** Prints rows as they come, as ndjson or csv: memory holds one chunk. The other formats need all rows: `show` prints them. */
  stream<Row extends object>(columns: Columns<Row>, chunks: AsyncIterable<readonly Row[]>): Promise<void>
}

/** Whether a format prints rows as they come. */
export const isStreamed = (format: Format): format is 'ndjson' | 'csv' =>
  format === 'ndjson' || format === 'csv'

export function makePrinter(
  format: () => Format,
  { out, hasColours = false }: { out: (text: string) => unknown; hasColours?: boolean },
): Printer {
  async function stream<Row extends object>(
    columns: Columns<Row>,
    chunks: AsyncIterable<readonly Row[]> | Iterable<readonly Row[]>,
  ): Promise<void> {
    if (format() === 'ndjson') {
      for await (const rows of chunks) await out(rows.map((row) => `${printableJson(row, 0)}\n`).join(''))
      return
    }
    const { csvHead, csvRows } = await import('./csv.ts')
    // The head comes with the first rows: what fails before prints nothing.
    let head = csvHead(columns)
    for await (const rows of chunks) {
      await out(head + csvRows(columns, rows))
      head = ''
    }
    if (head !== '') await out(head)
  }

  return {
    format,
    stream,
    async print(text) {
      await out(text)
    },
    async show({ value, rows = [Object(value)], columns, lines }) {
      switch (format()) {
        case 'json':
          await out(`${printableJson(value)}\n`)
          break
        case 'yaml':
          await out((await import('./printable-yaml.ts')).printableYaml(value))
          break
        case 'table':
          await out(lines.map((line) => `${textOf(line, hasColours)}\n`).join(''))
          break
        default:
          await stream(columns, [rows])
      }
    },
  }
}
