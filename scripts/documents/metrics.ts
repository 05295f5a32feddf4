import { SHARED } from '../../src/platform/metrics/makers.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { table } from './table.ts'

const BEGIN = '<!-- metrics: npm run docs -->'
const END = '<!-- end of metrics -->'

/** The document with the table of all metrics as they are now. @throws if it lacks the marks */
export async function withMetrics(document: string): Promise<string> {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`docs/metrics.md: expected the marks ${BEGIN} and ${END}`)
  return `${document.slice(0, begin)}${BEGIN}\n${await metricsTable()}\n${document.slice(end)}`
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
      return [`\`${name}\``, String(type), labels, over, help.replace(SHARED, '').trim()]
    })
  return table(['metric', 'type', 'labels', 'processes', 'what it is'], rows).join('\n')
}

/** prom-client has them, and tells them to no one. */
const labelNamesOf = (metric: object): string[] =>
  'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : []
