import type { RE2JS } from 're2js'
import { PolicyError } from './dialect.ts'
import { pathTo, readBoolean, readCount, readList, readPattern, readWith, type Warn } from './read-fields.ts'
import { readAnyCase, readDuration } from './zot-fields.ts'
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

const POLICY = ['repositories', 'deleteReferrers', 'deleteUntagged', 'keepTags', 'keepUntagged'] as const

function readRepositoryPolicy(path: string, value: unknown, warn: Warn): RepositoryPolicy {
  const fields = readAnyCase(path, value, POLICY)
  const at = (key: (typeof POLICY)[number]) => pathTo(path, key)
  const list = <T>(key: 'repositories' | 'keepTags', readItem: (item: string, one: unknown) => T): T[] =>
    fields[key] === undefined ? [] : readList(at(key), fields[key], readItem)
  const flag = (key: 'deleteReferrers' | 'deleteUntagged', otherwise: boolean): boolean =>
    fields[key] === undefined ? otherwise : readBoolean(at(key), fields[key])

  const globs = list('repositories', (item, text) => readWith(item, text, makeZotGlob))
  if (globs.length === 0)
    warn(path, 'it has no repositories, so it applies to none; as a default it needs repositories: ["**"]')
  const deleteUntagged = flag('deleteUntagged', true)
  return {
    path,
    matches: (repository) => globs.some((glob) => glob(repository)),
    deleteReferrers: flag('deleteReferrers', false),
    deleteUntagged,
    keepTags: list('keepTags', (item, entry) => readKeepTags(item, entry, warn)),
    keepUntagged:
      fields.keepUntagged === undefined
        ? undefined
        : readKeepUntagged(at('keepUntagged'), fields.keepUntagged, deleteUntagged, warn),
  }
}

function readKeepUntagged(path: string, value: unknown, deleteUntagged: boolean, warn: Warn): Criteria {
  const criteria = readCriteria(path, readAnyCase(path, value, CRITERIA), warn)
  if (!hasCriteria(criteria)) warn(path, 'it has no criterion, so it keeps nothing')
  if (!deleteUntagged) warn(path, 'it has no effect, because deleteUntagged is false')
  if (criteria.mostRecentlyPulledCount + criteria.mostRecentlyPushedCount > 0)
    warn(path, 'its counts count the children of indexes as well, though these stay anyway')
  return criteria
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
