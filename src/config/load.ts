import { dirname } from 'node:path'
import { Value } from 'typebox/value'
import { checkNode } from './check.ts'
import { checkLogin } from './check-login.ts'
import { checkMetrics } from './check-metrics.ts'
import { checkPromotion } from './check-promotion.ts'
import { checkQuotas } from './check-quotas.ts'
import { checkTogether } from './check-together.ts'
import { ConfigError, type Location, type Problem, type Report } from './config-error.ts'
import { applyOverrides, overridesFrom } from './environment.ts'
import { resolvePolicyDocument } from './policy-document.ts'
import { proxyFrom } from './proxy.ts'
import { type Config, ConfigSchema, server } from './schema.ts'
import { otherForm, resolveSecrets } from './secrets.ts'
import { readSource } from './source.ts'
import { isMapping, type Node, type Path, walk } from './walk.ts'

/** Problems that are told. To find the place of each takes time. */
const MOST_PROBLEMS = 100

/**
 * Loads the configuration in `file`, overridden by `env`, with the proxies of `env` if it names none. Paths of files
 * are relative to its folder. @throws ConfigError with every problem, 100 at most; only with the first kind of problem if the
 * file cannot be read or parsed
 */
export async function loadConfig(file: string, env: NodeJS.ProcessEnv): Promise<Config> {
  const { source, unknown, report, problems } = await open(file, env)
  const nodes: Node[] = []
  for (const node of walk(ConfigSchema, source.value)) {
    await resolveSecrets(node, dirname(file), report)
    await resolvePolicyDocument(node, { folder: dirname(file), raw: source.raw, report })
    checkNode(node, report)
    nodes.push(node)
  }
  checkTogether(nodes, report)
  const hasProxy = isMapping(source.value) && source.value.proxy !== undefined
  const outside = hasProxy ? { proxy: undefined, problems: [] } : proxyFrom(env)
  const throwProblems = () => throwAll([...unknown, ...outside.problems, ...problems()])
  throwProblems()
  const config = Value.Decode(ConfigSchema, source.value)
  checkPromotion(config, report)
  checkQuotas(config, report)
  checkLogin(config, report)
  checkMetrics(config, report)
  throwProblems()
  return { ...config, proxy: config.proxy ?? outside.proxy }
}

/** Loads the section `server` alone: the other sections may be wrong. @throws ConfigError as `loadConfig` */
export async function loadServer(file: string, env: NodeJS.ProcessEnv): Promise<Config['server']> {
  const { source, report, problems } = await open(file, env)
  const value = (isMapping(source.value) ? source.value.server : undefined) ?? {}
  for (const node of walk(server, value, ['server'])) {
    await resolveSecrets(node, dirname(file), report)
    checkNode(node, report)
  }
  throwAll(problems())
  return Value.Decode(server, value)
}

/** Reads a file with the overrides of `env`. `unknown` has the variables that override nothing, `problems` what was reported. */
async function open(file: string, env: NodeJS.ProcessEnv) {
  const source = await readSource(file)
  const { overrides, unknown } = overridesFrom(env, ConfigSchema, source.value)
  applyOverrides(source.value, overrides)
  const variables = new Map(overrides.map(({ path, variable }) => [path.join('.'), variable]))

  /** Where the value at `path` is, and its key as written. A missing value has the location of its section. */
  function locate(path: Path): { location: Location; key: string } {
    const forms = [path, otherForm(path)].map((form) => ({
      key: form.join('.'),
      location: source.locate(form),
    }))
    for (const { key } of forms) {
      const variable = variables.get(key)
      if (variable !== undefined) return { location: { variable }, key }
    }
    for (const { key, location } of forms) if (location !== undefined) return { location, key }
    return { location: path.length > 1 ? locate(path.slice(0, -1)).location : { file }, key: path.join('.') }
  }

  const problems = new Map<string, Problem>()
  const report: Report = (path, message, got) => {
    const key = path.join('.')
    // If a key has several problems, the first is the cause.
    if (!problems.has(key) && problems.size < MOST_PROBLEMS)
      problems.set(key, { ...locate(path), message, ...(got !== undefined && { got }) })
  }

  return { source, unknown, report, problems: () => [...problems.values()] }
}

/** In the order of the file. */
function throwAll(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new ConfigError(problems.toSorted((a, b) => lineOf(a) - lineOf(b)))
}

/** 0 for what is not in the file. */
function lineOf({ location }: Problem): number {
  return ('line' in location && location.line) || 0
}
