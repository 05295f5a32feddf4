import { stringify } from 'csv-stringify/sync'
import { printable, printableJson } from '../../platform/printable.ts'
import type { Columns } from './columns.ts'

/** The names of the columns as the first line of CSV. */
export const csvHead = ({ names }: Pick<Columns, 'names'>): string => csv([[...names]])

/**
 * Rows as CSV (RFC 4180). A text that a spreadsheet would take for a formula begins with ' (OWASP, "CSV Injection"). Numbers
 * stay as they are: one may begin with a minus sign.
 */
export const csvRows = <Row extends object>(columns: Columns<Row>, rows: readonly Row[]): string =>
  csv(rows.map((row) => columns.valuesOf(row).map(cellOf)))

const csv = (rows: (string | number)[][]): string =>
  stringify(rows, { escape_formulas: true, record_delimiter: 'windows' })

/** A list of words is joined with spaces. What else is nested is JSON. */
function cellOf(value: unknown): string | number {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return value
  if (typeof value !== 'object') return printable(String(value))
  const isWords = Array.isArray(value) && value.every((item) => typeof item !== 'object')
  return isWords ? printable(value.join(' ')) : printableJson(value, 0)
}
