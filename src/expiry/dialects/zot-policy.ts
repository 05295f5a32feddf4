import type { RE2JS } from 're2js'
import { PolicyError } from './dialect.ts'
import { parseGoDuration } from './go-duration.ts'
import {
  isObject,
  pathTo,
  readBoolean,
  readCount,
  readList,
  readObject,
  readPattern,
  readWith,
} from './read-fields.ts'
import { makeZotGlob } from './zot-glob.ts'

/** What keeps a tag or an untagged manifest: any one of these. A count of 0 is no criterion. Durations in µs. */
export interface Criteria {
  mostRecentlyPulledCount: number
  mostRecentlyPushedCount: number
  pulledWithin: number | undefined
  pushedWithin: number | undefined
}

export interface KeepTags extends Criteria {
  /** The path in the document, such as `policies[0].keepTags[1]`. */
  path: string
  /** None match every tag. */
  patterns: readonly RE2JS[]
}

export interface RepositoryPolicy {
  path: string
  matches(repository: string): boolean
  deleteReferrers: boolean
  deleteUntagged: boolean
  /** An empty list keeps every tag. */
  keepTags: readonly KeepTags[]
  keepUntagged: Criteria | undefined
}

/** zot's object `storage.retention`, as pkg/api/config/config.go has it. */
export interface Retention {
  /** In µs. If it is absent, zot uses its `gcDelay`, which is not in this object. */
  delay: number | undefined
  policies: readonly RepositoryPolicy[]
  warnings: readonly string[]
}

const CRITERIA = [
  'mostRecentlyPulledCount',
  'mostRecentlyPushedCount',
  'pulledWithin',
  'pushedWithin',
] as const

export const hasCriteria = (criteria: Criteria): boolean =>
  criteria.mostRecentlyPulledCount > 0 ||
  criteria.mostRecentlyPushedCount > 0 ||
  criteria.pulledWithin !== undefined ||
  criteria.pushedWithin !== undefined

/**
 * Reads zot's object `storage.retention`. zot's loader takes names of fields in any case, its documentation has `KeepTags`
 * too, and takes null for a field that is not there.
 * @throws PolicyError for what zot refuses at its start (pkg/cli/server, validateGCRules and UnmarshalExact)
 */
export function readRetention(document: unknown): Retention {
  const warnings: string[] = []
  const warn = (path: string, message: string) => warnings.push(`${path}: ${message}`)
  const fields = readAnyCase('', document, ['dryRun', 'delay', 'policies'])

  if (fields.dryRun !== undefined && readBoolean('dryRun', fields.dryRun))
    warn('dryRun', 'zot itself would delete nothing; here the mode of the policy decides')
  const delay = fields.delay === undefined ? undefined : readDuration('delay', fields.delay, warn)
  if (delay !== undefined && delay < 0)
    throw new PolicyError('delay', 'expected a duration that is not negative')

  const readPolicy = (path: string, value: unknown) => readRepositoryPolicy(path, value, warn)
  const policies = fields.policies === undefined ? [] : readList('policies', fields.policies, readPolicy)
  return { delay, policies, warnings }
}

type Warn = (path: string, message: string) => void

function readRepositoryPolicy(path: string, value: unknown, warn: Warn): RepositoryPolicy {
  const fields = readAnyCase(path, value, [
    ...(['repositories', 'deleteReferrers', 'deleteUntagged', 'keepTags', 'keepUntagged'] as const),
  ])
  const at = (key: keyof typeof fields) => pathTo(path, key)
  const readGlob = (item: string, text: unknown) => readWith(item, text, makeZotGlob)
  const flag = (key: 'deleteReferrers' | 'deleteUntagged', otherwise: boolean) =>
    fields[key] === undefined ? otherwise : readBoolean(at(key), fields[key])

  const globs =
    fields.repositories === undefined ? [] : readList(at('repositories'), fields.repositories, readGlob)
  if (globs.length === 0)
    warn(path, 'it has no repositories, so it applies to none; as a default it needs repositories: ["**"]')
  const readEntry = (item: string, entry: unknown) => readKeepTags(item, entry, warn)
  const keepUntagged =
    fields.keepUntagged === undefined
      ? undefined
      : readCriteria(at('keepUntagged'), readAnyCase(at('keepUntagged'), fields.keepUntagged, CRITERIA), warn)
  const deleteUntagged = flag('deleteUntagged', true)
  if (keepUntagged !== undefined && !hasCriteria(keepUntagged))
    warn(at('keepUntagged'), 'it has no criterion, so it keeps nothing')
  if (keepUntagged !== undefined && !deleteUntagged)
    warn(at('keepUntagged'), 'it has no effect, because deleteUntagged is false')
  if ((keepUntagged?.mostRecentlyPulledCount ?? 0) + (keepUntagged?.mostRecentlyPushedCount ?? 0) > 0)
    warn(at('keepUntagged'), 'its counts count the children of indexes as well, though these stay anyway')
  return {
    path,
    matches: (repository) => globs.some((glob) => glob(repository)),
    deleteReferrers: flag('deleteReferrers', false),
    deleteUntagged,
    keepTags: fields.keepTags === undefined ? [] : readList(at('keepTags'), fields.keepTags, readEntry),
    keepUntagged,
  }
}

function readKeepTags(path: string, value: unknown, warn: Warn): KeepTags {
  const { patterns, ...rest } = readAnyCase(path, value, ['patterns', ...CRITERIA])
  return {
    path,
    patterns: patterns === undefined ? [] : readList(pathTo(path, 'patterns'), patterns, readPattern),
    ...readCriteria(path, rest, warn),
  }
}

function readCriteria(
  path: string,
  fields: Partial<Record<(typeof CRITERIA)[number], unknown>>,
  warn: Warn,
): Criteria {
  // zot accepts a negative count, and then panics when it applies the rule (pkg/retention/rules.go).
  const count = (key: 'mostRecentlyPulledCount' | 'mostRecentlyPushedCount') =>
    fields[key] === undefined ? 0 : readCount(pathTo(path, key), fields[key], 0)
  const duration = (key: 'pulledWithin' | 'pushedWithin') =>
    fields[key] === undefined ? undefined : readDuration(pathTo(path, key), fields[key], warn)
  return {
    mostRecentlyPulledCount: count('mostRecentlyPulledCount'),
    mostRecentlyPushedCount: count('mostRecentlyPushedCount'),
    pulledWithin: duration('pulledWithin'),
    pushedWithin: duration('pushedWithin'),
  }
}

/** A duration in µs. A number is one in ns, as zot prints it (`zot schema`: `"Delay": {"type": "integer"}`). */
function readDuration(path: string, value: unknown, warn: Warn): number {
  if (typeof value !== 'number') return readWith(path, value, parseGoDuration)
  if (!Number.isInteger(value))
    throw new PolicyError(path, 'expected a duration such as 720h, or whole nanoseconds')
  warn(path, `a number is in nanoseconds, so this is ${value / 1e9} s`)
  return value / 1000
}

/** An object whose names of fields may be in any case. Fields that are null are left out. */
function readAnyCase<K extends string>(
  path: string,
  value: unknown,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  if (!isObject(value)) return readObject(path, value, known)
  const fields: Record<string, unknown> = {}
  for (const [key, field] of Object.entries(value)) {
    const name = known.find((one) => one.toLowerCase() === key.toLowerCase()) ?? key
    if (Object.hasOwn(fields, name)) throw new PolicyError(pathTo(path, key), `${name} is there twice`)
    fields[name] = field ?? undefined
  }
  return readObject(path, fields, known)
}
