import { dirname } from 'node:path'
import { Value } from 'typebox/value'
import { checkNode } from './check.ts'
import { checkTogether } from './check-together.ts'
import { ConfigError, type Place, type Problem, type Report } from './config-error.ts'
import { applyOverrides, overridesFrom } from './environment.ts'
import { type Config, ConfigSchema } from './schema.ts'
import { otherForm, resolveSecrets } from './secrets.ts'
import { readSource } from './source.ts'
import { type Node, type Path, walk } from './walk.ts'

/**
 * The configuration in `file`, overridden by `env`. Files that hold secrets are relative to its folder.
 * @throws ConfigError with every problem found, unless the file cannot be read or parsed: then with those alone.
 */
export async function loadConfig(file: string, env: NodeJS.ProcessEnv): Promise<Config> {
  const source = await readSource(file)
  const { overrides, unknown } = overridesFrom(env, ConfigSchema, source.value)
  applyOverrides(source.value, overrides)
  const variables = new Map(overrides.map(({ path, variable }) => [path.join('.'), variable]))

  /** Where the value at `path` stands, and under which key; a missing one stands where its section does. */
  function find(path: Path): { place: Place; key: string } {
    const forms = [path, otherForm(path)].map((form) => ({
      key: form.join('.'),
      written: source.locate(form),
    }))
    for (const { key } of forms) {
      const variable = variables.get(key)
      if (variable !== undefined) return { place: { variable }, key }
    }
    for (const { key, written } of forms) if (written !== undefined) return { place: written, key }
    return { place: path.length > 1 ? find(path.slice(0, -1)).place : { file }, key: path.join('.') }
  }

  const problems = new Map<string, Problem>()
  const report: Report = (path, message, got) => {
    const key = path.join('.')
    // Of several problems of one key, the first is the cause.
    if (!problems.has(key)) problems.set(key, { ...find(path), message, ...(got !== undefined && { got }) })
  }

  const nodes: Node[] = []
  for (const node of walk(ConfigSchema, source.value)) {
    await resolveSecrets(node, dirname(file), report)
    checkNode(node, report)
    nodes.push(node)
  }
  checkTogether(nodes, report)
  const all = [...unknown, ...problems.values()].toSorted((a, b) => lineOf(a) - lineOf(b))
  if (all.length > 0) throw new ConfigError(all)
  return Value.Decode(ConfigSchema, source.value)
}

function lineOf({ place }: Problem): number {
  return ('line' in place && place.line) || 0
}
