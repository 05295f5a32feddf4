import { type TSchema, Type } from 'typebox'
import type { Problem } from './config-error.ts'
import { keysOf, otherForm } from './secrets.ts'
import { suggest } from './suggest.ts'
import { isMapping, type Path } from './walk.ts'

const PREFIX = 'TALLYMAN_'

/** Variables that are no keys: the path of the configuration file, and the address and the token of the commands. */
const NO_KEYS = ['TALLYMAN_CONFIG', 'TALLYMAN_URL', 'TALLYMAN_TOKEN', 'TALLYMAN_TOKEN_FILE']

/** Variables that Kubernetes sets in every container if a Service is called tallyman or tallyman-…. */
const KUBERNETES = /^TALLYMAN_(?!.*__)(\w+_)?(SERVICE_(HOST|PORT\w*)|PORT(_\d+_\w+)?)$/

/**
 * The values that the environment overrides, and its unknown variables. A variable is `TALLYMAN_` and the path in upper
 * snake case, with `__` between levels; `REDIS_URL` is read, too. An empty variable counts as absent. A variable can
 * override an entry of a map or list, but cannot add one.
 */
export function overridesFrom(env: NodeJS.ProcessEnv, schema: TSchema, value: unknown) {
  const leaves = new Map([...settable(schema, value)].map((leaf) => [variableOf(leaf.path), leaf]))
  const given = Object.keys(env).filter((variable) => env[variable])
  const overrides = given.flatMap((variable) => {
    const leaf = leaves.get(variable)
    return leaf === undefined
      ? []
      : [{ variable, path: leaf.path, value: parseVariable(leaf.schema, env[variable]) }]
  })
  if (env.REDIS_URL && !overrides.some(({ variable }) => variable.startsWith('TALLYMAN_REDIS__URL'))) {
    overrides.push({ variable: 'REDIS_URL', path: ['redis', 'url'], value: env.REDIS_URL })
  }
  const unknown = given
    .filter((variable) => variable.startsWith(PREFIX) && !leaves.has(variable))
    .filter((variable) => !NO_KEYS.includes(variable) && !KUBERNETES.test(variable))
    .map((variable): Problem => {
      const nearest = nearestVariable(variable, [...leaves.keys(), ...NO_KEYS])
      const hint = nearest === undefined ? 'no key has this path' : `did you mean ${nearest}?`
      return { location: { variable }, key: '', message: `unknown variable; ${hint}` }
    })
  return { overrides, unknown }
}

/** A variable is text: of a flag, `true` and `false` are the values of that name. */
function parseVariable(schema: TSchema, text: string | undefined): string | boolean | undefined {
  return 'flag' in schema && (text === 'true' || text === 'false') ? text === 'true' : text
}

/** Compares without the prefix, which all variables share. */
function nearestVariable(variable: string, variables: readonly string[]): string | undefined {
  const withoutPrefix = (name: string) => name.slice(PREFIX.length)
  const nearest = suggest(withoutPrefix(variable), variables.map(withoutPrefix))
  return nearest === undefined ? undefined : PREFIX + nearest
}

type Override = ReturnType<typeof overridesFrom>['overrides'][number]

/** Sets the overrides in `root`. Each replaces both forms of a secret (`token` and `tokenFile`) in the file. */
export function applyOverrides(root: unknown, overrides: Override[]): void {
  for (const { path } of overrides) {
    setAt(root, path, undefined)
    setAt(root, otherForm(path), undefined)
  }
  for (const { path, value } of overrides) setAt(root, path, value)
}

function setAt(parent: unknown, [key = '', ...rest]: Path, value: string | boolean | undefined): void {
  if (!isContainer(parent)) return // The file is wrong here; the check reports it.
  if (rest.length > 0) {
    parent[key] ??= {}
    setAt(parent[key], rest, value)
  } else if (value === undefined) delete parent[key]
  else parent[key] = value
}

/** A mapping, or a list: the keys of a list are its indices. */
function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function variableOf(path: Path): string {
  const level = (key: string) => key.replace(/[A-Z]/g, '_$&').replaceAll('-', '_').toUpperCase()
  return PREFIX + path.map(level).join('__')
}

/** The leaves that a variable can set. */
function* settable(
  schema: TSchema,
  value: unknown,
  path: Path = [],
): Generator<{ schema: TSchema; path: Path }> {
  if (Type.IsUnion(schema)) {
    for (const member of schema.anyOf) yield* settable(member, value, path)
  } else if (Type.IsObject(schema)) {
    for (const key of keysOf(schema)) {
      const child = isMapping(value) ? value[key] : undefined
      yield* settable(schema.properties[key] ?? {}, child, [...path, key])
    }
  } else if (Type.IsRecord(schema) || Type.IsArray(schema)) {
    const items = Type.IsRecord(schema) ? Type.RecordValue(schema) : schema.items
    for (const [key, child] of Object.entries(value ?? {})) yield* settable(items, child, [...path, key])
  } else {
    yield { schema, path }
  }
}
