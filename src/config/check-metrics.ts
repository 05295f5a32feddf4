import type { Report } from './config-error.ts'
import type { Config } from './schema.ts'

/**
 * Reports registries that are audited by the same counts: each would lack the events of the other. A process may have an endpoint
 * for each, if that is named.
 */
export function checkMetrics({ registries }: Pick<Config, 'registries'>, report: Report): void {
  const first = new Map<string, string>()
  for (const [name, { metrics }] of Object.entries(registries)) {
    if (metrics === undefined) continue
    const places = [...metrics.url, ...(metrics.pods === undefined ? [] : [metrics.pods])]
    for (const place of places) {
      const key = JSON.stringify([place, metrics.endpoint])
      const other = first.get(key)
      if (other === undefined) first.set(key, name)
      else if (other !== name)
        report(
          ['registries', name, 'metrics'],
          `has ${place} as registries.${other}.metrics has it: its events would seem lost at both. Name the endpoint of each in metrics.endpoint`,
        )
    }
  }
}
