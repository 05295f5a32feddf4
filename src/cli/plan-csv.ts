import { stringify } from 'csv-stringify/sync'
import { printable } from '../platform/printable.ts'
import type { PlannedRow } from './plan-table.ts'

const COLUMNS = [
  ...['policy', 'verdict', 'project', 'repository', 'tags', 'untag', 'digest', 'rule', 'reason', 'age'],
  ...['ageSource', 'lastUse', 'isUseKnown', 'sizeBytes', 'reclaimableBytes', 'nearMisses'],
  ...['announcedAt', 'goesFrom'],
] as const
const SEPARATORS: Record<string, string> = { tags: ' ', untag: ' ', nearMisses: '; ' }

/**
 * Rows of a plan as CSV (RFC 4180). A cell that a spreadsheet would take for a formula begins with ' (OWASP, "CSV Injection").
 */
export const csvOf = (rows: readonly PlannedRow[]): string =>
  csv(rows.map((row) => COLUMNS.map((column) => cellOf(row[column as keyof PlannedRow], column))))

export const csvHead = (): string => csv([[...COLUMNS]])

const csv = (rows: string[][]): string =>
  stringify(rows, { escape_formulas: true, record_delimiter: 'windows' })

function cellOf(value: PlannedRow[keyof PlannedRow], column: string): string {
  if (value === null || value === undefined) return ''
  return printable(Array.isArray(value) ? value.join(SEPARATORS[column] ?? ' ') : String(value))
}
