import { closest } from 'fastest-levenshtein'
import { type TSchema, Type } from 'typebox'
import type { Problem } from './config-error.ts'
import { keysOf, otherForm } from './secrets.ts'
import { isMapping, type Path } from './walk.ts'

/** Used elsewhere: the path of the configuration file. */
const CONFIG = 'TALLYMAN_CONFIG'

/** What Kubernetes puts into every container when a Service is called tallyman or tallyman-…. */
const KUBERNETES = /^TALLYMAN_(?!.*__)(\w+_)?(SERVICE_(HOST|PORT\w*)|PORT(_\d+_\w+)?)$/

/**
 * The settings that the environment overrides: `TALLYMAN_` and the path in upper snake case with `__` between levels,
 * and plain `REDIS_URL`. A variable that is empty counts as absent. Map entries and list elements must be in the file.
 */
export function overridesFrom(env: NodeJS.ProcessEnv, schema: TSchema, value: unknown) {
  const settable = new Map([...settablePaths(schema, value)].map((path) => [variableOf(path), path]))
  const given = Object.keys(env).filter((variable) => env[variable])
  const overrides = given.flatMap((variable) => {
    const path = settable.get(variable)
    return path === undefined ? [] : [{ variable, path, text: env[variable] }]
  })
  if (env.REDIS_URL && !overrides.some(({ variable }) => variable.startsWith('TALLYMAN_REDIS__URL'))) {
    overrides.push({ variable: 'REDIS_URL', path: ['redis', 'url'], text: env.REDIS_URL })
  }
  const unknown = given
    .filter((variable) => variable.startsWith('TALLYMAN_') && !settable.has(variable))
    .filter((variable) => variable !== CONFIG && !KUBERNETES.test(variable))
    .map((variable): Problem => {
      const message = `unknown variable; the nearest known is ${closest(variable, [...settable.keys(), CONFIG])}`
      return { place: { variable }, key: '', message }
    })
  return { overrides, unknown }
}

type Override = ReturnType<typeof overridesFrom>['overrides'][number]

/** Sets the overrides in `root`; each replaces both forms (`token` and `tokenFile`) of what the file gives. */
export function applyOverrides(root: unknown, overrides: Override[]): void {
  for (const { path } of overrides) {
    setAt(root, path, undefined)
    setAt(root, otherForm(path), undefined)
  }
  for (const { path, text } of overrides) setAt(root, path, text)
}

function setAt(parent: unknown, [key = '', ...rest]: Path, value: string | undefined): void {
  if (!isContainer(parent)) return // Wrong in the file, and reported as such.
  if (rest.length > 0) {
    parent[key] ??= {}
    setAt(parent[key], rest, value)
  } else if (value === undefined) delete parent[key]
  else parent[key] = value
}

/** A mapping, or a list, whose keys are its indices. */
function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function variableOf(path: Path): string {
  const level = (key: string) => key.replace(/[A-Z]/g, '_$&').replaceAll('-', '_').toUpperCase()
  return `TALLYMAN_${path.map(level).join('__')}`
}

function* settablePaths(schema: TSchema, value: unknown, path: Path = []): Generator<Path> {
  if (Type.IsUnion(schema)) {
    for (const member of schema.anyOf) yield* settablePaths(member, value, path)
  } else if (Type.IsObject(schema)) {
    for (const key of keysOf(schema)) {
      const child = isMapping(value) ? value[key] : undefined
      yield* settablePaths(schema.properties[key] ?? {}, child, [...path, key])
    }
  } else if (Type.IsRecord(schema) || Type.IsArray(schema)) {
    const items = Type.IsRecord(schema) ? Type.RecordValue(schema) : schema.items
    for (const [key, child] of Object.entries(value ?? {})) yield* settablePaths(items, child, [...path, key])
  } else {
    yield path
  }
}
