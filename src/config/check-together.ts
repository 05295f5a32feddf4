import { makeGlob } from '../platform/glob.ts'
import type { Report } from './config-error.ts'
import { mayMatchIn } from './glob.ts'
import { isMapping, type Node, type Path } from './walk.ts'

/** Reports what only shows between nodes: two values that must differ, and a registry or channel that is not configured. */
export function checkTogether(nodes: readonly Node[], report: Report): void {
  const configured = nodes.find(({ path }) => path.join('.') === 'registries')?.value
  const registries = isMapping(configured) ? Object.keys(configured) : []
  const names = registries.join(', ')
  const channels = nodes
    .filter(({ path }) => path.length === 4 && path.join('.').match(/^alerts\.channels\.\d+\.name$/))
    .map(({ value }) => value)
  const firstPaths = new Map<string, Path>()
  for (const { schema, value, path } of nodes) {
    if (typeof value !== 'string') continue
    const got = JSON.stringify(value)
    if ('registryName' in schema && !registries.includes(value))
      report(path, `expected the name of a configured registry (${names})`, got)
    if ('channelName' in schema && !channels.includes(value))
      report(
        path,
        `expected the name of a configured channel (${channels.join(', ') || 'there is none'})`,
        got,
      )
    if ('globOf' in schema && schema.globOf === 'project' && !mayMatchIn(value, registries))
      report(path, `expected registry/path, with a glob for a configured registry (${names})`, got)
    // An empty one is reported by its own field, and picomatch throws for it.
    if ('globOf' in schema && schema.globOf === 'registry' && value && !registries.some(makeGlob(value)))
      report(path, `expected a glob for a configured registry (${names})`, got)
    const [first = '', ...rest] = value.split('/')
    if ('withoutRegistry' in schema && registries.includes(first) && rest.length > 0)
      report(
        path,
        `expected a glob for repositories, without the registry: ${rest.join('/')}. If repositories begin so, too: [${first[0]}]${value.slice(1)}`,
        got,
      )
    if ('unique' in schema) {
      const group = JSON.stringify(groupOf(schema.unique, value, path))
      const first = firstPaths.get(group)
      if (first === undefined) firstPaths.set(group, path)
      else report(path, `has the same value as ${first.join('.')}; the two must differ`)
    }
  }
}

/** Two values must differ if this is the same for both. Compares the same key in all elements of one list, or a kind. */
function groupOf(among: unknown, value: string, path: Path): unknown {
  if (among === 'list') return [path.slice(0, -2), path.at(-1), value]
  return [among, among === 'urls' ? (URL.parse(value)?.href ?? value) : value]
}
