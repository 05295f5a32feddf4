import { Value } from 'typebox/value'
import { checkNode } from './check.ts'
import { checkTogether } from './check-together.ts'
import type { Report } from './config-error.ts'
import { expiryPolicy } from './expiry-sections.ts'
import { resolvePolicyDocument } from './policy-document.ts'
import { type Config, ConfigSchema } from './schema.ts'
import { isMapping, type Node, walk } from './walk.ts'

/** What is wrong with a value of a policy. The key is as in the configuration, `rules.0.tag`; empty for the policy itself. */
export interface PolicyProblem {
  key: string
  message: string
}

const MOST_PROBLEMS = 100

/**
 * Reads a policy as it stands in `expiry.policies`, and checks it as `loadConfig` does. `registries` are the configured names,
 * of which `match` must select one; without them, the name and `match` may be left out. Files are not read: `documentFile` is
 * a problem.
 */
export async function readPolicy(
  given: unknown,
  registries?: readonly string[],
): Promise<{ policy: Config['expiry']['policies'][number] } | { problems: PolicyProblem[] }> {
  const problems = new Map<string, PolicyProblem>()
  const report: Report = (path, message, got) => {
    const key = path.join('.')
    // If a key has several problems, the first is the cause.
    if (!problems.has(key) && problems.size < MOST_PROBLEMS)
      problems.set(key, { key, message: got === undefined ? message : `${message}, got ${got}` })
  }
  if (!isMapping(given)) return { problems: [{ key: '', message: 'expected a mapping' }] }
  const copy = withoutNulls(given)
  if (copy === undefined) return { problems: [{ key: '', message: 'it is nested too deep' }] }
  const optional = registries === undefined ? { name: 'policy', match: { registry: '*' } } : {}
  const value: unknown = { ...optional, ...copy }
  if (given.documentFile !== undefined) report(['documentFile'], 'expected document: no file is read here')
  const nodes: Node[] = []
  for (const node of walk(expiryPolicy, value)) {
    const raw = (path: readonly string[]) => path.reduce<unknown>((at, key) => Object(at)[key], given)
    if (given.documentFile === undefined) await resolvePolicyDocument(node, { folder: '', raw, report })
    checkNode(node, report)
    nodes.push(node)
  }
  if (registries !== undefined) checkTogether([registriesNode(registries), ...nodes], report)
  if (problems.size > 0) return { problems: [...problems.values()] }
  return { policy: Value.Decode(expiryPolicy, value) }
}

/** A copy in which a key whose value is null is missing, as in a configuration. `undefined` if the value is too deep. */
function withoutNulls(value: object): object | undefined {
  try {
    return JSON.parse(JSON.stringify(value), (_key, inner) => inner ?? undefined)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const registriesNode = (names: readonly string[]): Node => ({
  schema: ConfigSchema.properties.registries,
  value: Object.fromEntries(names.map((name) => [name, {}])),
  path: ['registries'],
})
