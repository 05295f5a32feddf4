import type { Report } from './config-error.ts'
import { isMapping, type Node, type Path } from './walk.ts'

/** Reports what is wrong between nodes: values given twice, and references to registries that are not configured. */
export function checkTogether(nodes: readonly Node[], report: Report): void {
  const configured = nodes.find(({ path }) => path.join('.') === 'registries')?.value
  const registries = isMapping(configured) ? Object.keys(configured) : []
  const seen = new Map<string, Path>()
  for (const { schema, value, path } of nodes) {
    if (typeof value !== 'string') continue
    if ('registryName' in schema && !registries.includes(value)) {
      report(path, `expected a configured registry (${registries.join(', ')})`, JSON.stringify(value))
    }
    if ('unique' in schema) {
      // What must differ are the same keys of the elements of one list or map.
      const place = JSON.stringify([path.slice(0, -2), path.at(-1), value])
      const first = seen.get(place)
      if (first === undefined) seen.set(place, path)
      else report(path, `expected another value than that of ${first.join('.')}`)
    }
  }
}
