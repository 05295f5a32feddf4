import type { Report } from './config-error.ts'
import { isMapping, type Node, type Path } from './walk.ts'

/** Reports what only shows between nodes: two values that must differ, and a registry that is not configured. */
export function checkTogether(nodes: readonly Node[], report: Report): void {
  const configured = nodes.find(({ path }) => path.join('.') === 'registries')?.value
  const registries = isMapping(configured) ? Object.keys(configured) : []
  const firstPaths = new Map<string, Path>()
  for (const { schema, value, path } of nodes) {
    if (typeof value !== 'string') continue
    if ('registryName' in schema && !registries.includes(value)) {
      const names = registries.join(', ')
      report(path, `expected the name of a configured registry (${names})`, JSON.stringify(value))
    }
    if ('unique' in schema) {
      // Compares the same key in all elements of one list or map.
      const group = JSON.stringify([path.slice(0, -2), path.at(-1), value])
      const first = firstPaths.get(group)
      if (first === undefined) firstPaths.set(group, path)
      else report(path, `has the same value as ${first.join('.')}; the two must differ`)
    }
  }
}
