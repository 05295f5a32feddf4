import { makeMetrics } from '../../src/platform/metrics.ts'

/** Metrics that Prometheus makes itself. */
const OF_PROMETHEUS = ['up']

/** The metrics in an expression that no process of Tallyman has. */
export function unknownMetrics(expression: string): string[] {
  const known = makeMetrics().registry.getMetricsAsArray()
  const names = known.flatMap(({ name }) => [name, ...['_bucket', '_sum', '_count'].map((end) => name + end)])
  const found = expression.match(/\b(?:tallyman|process|nodejs)_\w+|\bup\b/g) ?? []
  return found.filter((name) => ![...names, ...OF_PROMETHEUS].includes(name))
}
