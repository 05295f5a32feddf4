import { readFile, writeFile } from 'node:fs/promises'
import { SHARED } from '../src/platform/metrics/makers.ts'
import { makeMetrics } from '../src/platform/metrics.ts'

const DOCUMENT = new URL('../docs/metrics.md', import.meta.url)
const MARKS = { begin: '<!-- made by scripts/metrics-table.ts -->', end: '<!-- end -->' }

/** The text of docs/metrics.md with the table of all metrics as they are now. */
export function withTable(document: string, table: string): string {
  const [before = '', rest = ''] = document.split(MARKS.begin)
  const [, after = ''] = rest.split(MARKS.end)
  return `${before}${MARKS.begin}\n${table}\n${MARKS.end}${after}`
}

/** A row for each metric of Tallyman, in the order of their names. */
export async function metricsTable(): Promise<string> {
  const { registry } = makeMetrics()
  const labelsOf = new Map(registry.getMetricsAsArray().map((metric) => [metric.name, labelNamesOf(metric)]))
  const rows = (await registry.getMetricsAsJSON())
    .filter(({ name }) => name.startsWith('tallyman_'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, help }) => {
      const isShared = help.endsWith(SHARED)
      const labels = (labelsOf.get(name) ?? []).map((label) => `\`${label}\``).join(', ')
      const over = isShared ? 'max' : String(type) === 'gauge' ? '' : 'sum'
      return `| \`${name}\` | ${type} | ${labels} | ${over} | ${help.replace(SHARED, '').trim()} |`
    })
  return ['| metric | type | labels | processes | what it is |', '|---|---|---|---|---|', ...rows].join('\n')
}

/** prom-client has them, and tells them to no one. */
const labelNamesOf = (metric: object): string[] =>
  'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : []

/** `node scripts/metrics-table.ts` writes the table into docs/metrics.md. */
if (import.meta.main)
  await writeFile(DOCUMENT, withTable(await readFile(DOCUMENT, 'utf8'), await metricsTable()))
