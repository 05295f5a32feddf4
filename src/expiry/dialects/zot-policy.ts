import type { RE2JS } from 're2js'
import { type Static, Type } from 'typebox'
import { PolicyError } from './dialect.ts'
import { parseField, parsePattern, type Warn } from './parse-field.ts'
import { readShape } from './shape.ts'
import { inKnownCase, readDuration } from './zot-fields.ts'
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

const closed = { additionalProperties: false }
const Duration = Type.Optional(Type.Union([Type.String(), Type.Number()]))
// zot accepts a negative count, and then panics when it applies the rule (pkg/retention/rules.go).
const Count = Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
const CRITERIA = {
  mostRecentlyPulledCount: Count,
  mostRecentlyPushedCount: Count,
  pulledWithin: Duration,
  pushedWithin: Duration,
}
const RawCriteria = Type.Object(CRITERIA, closed)
const RawKeepTags = Type.Object({ patterns: Type.Optional(Type.Array(Type.String())), ...CRITERIA }, closed)
const RawPolicy = Type.Object(
  {
    repositories: Type.Optional(Type.Array(Type.String())),
    deleteReferrers: Type.Optional(Type.Boolean()),
    deleteUntagged: Type.Optional(Type.Boolean()),
    keepTags: Type.Optional(Type.Array(RawKeepTags)),
    keepUntagged: Type.Optional(RawCriteria),
  },
  closed,
)
const RawRetention = Type.Object(
  {
    dryRun: Type.Optional(Type.Boolean()),
    delay: Duration,
    policies: Type.Optional(Type.Array(RawPolicy)),
  },
  closed,
)

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
  const raw = readShape(RawRetention, inKnownCase(RawRetention, document))
  if (raw.dryRun) warn('dryRun', 'zot itself would delete nothing; here the mode of the policy decides')
  const delay = raw.delay === undefined ? undefined : readDuration('delay', raw.delay, warn)
  if (delay !== undefined && delay < 0)
    throw new PolicyError('delay', 'expected a duration that is not negative')
  const policies = (raw.policies ?? []).map((policy, n) =>
    readRepositoryPolicy(`policies[${n}]`, policy, warn),
  )
  return { delay, policies, warnings }
}

function readRepositoryPolicy(path: string, raw: Static<typeof RawPolicy>, warn: Warn): RepositoryPolicy {
  const { repositories = [], deleteReferrers = false, deleteUntagged = true, keepTags = [] } = raw
  const globs = repositories.map((text, n) => parseField(`${path}.repositories[${n}]`, text, makeZotGlob))
  if (globs.length === 0)
    warn(path, 'it has no repositories, so it applies to none; as a default it needs repositories: ["**"]')
  return {
    path,
    matches: (repository) => globs.some((glob) => glob(repository)),
    ...{ deleteReferrers, deleteUntagged },
    keepTags: keepTags.map((entry, n) => readKeepTags(`${path}.keepTags[${n}]`, entry, warn)),
    keepUntagged:
      raw.keepUntagged && readKeepUntagged(`${path}.keepUntagged`, raw.keepUntagged, deleteUntagged, warn),
  }
}

function readKeepUntagged(
  path: string,
  raw: Static<typeof RawCriteria>,
  deleteUntagged: boolean,
  warn: Warn,
): Criteria {
  const criteria = readCriteria(path, raw, warn)
  if (!hasCriteria(criteria)) warn(path, 'it has no criterion, so it keeps nothing')
  if (!deleteUntagged) warn(path, 'it has no effect, because deleteUntagged is false')
  if (criteria.mostRecentlyPulledCount + criteria.mostRecentlyPushedCount > 0)
    warn(path, 'its counts count the children of indexes as well, though these stay anyway')
  return criteria
}

const readKeepTags = (path: string, raw: Static<typeof RawKeepTags>, warn: Warn): KeepTags => ({
  path,
  patterns: (raw.patterns ?? []).map((text, n) => parsePattern(`${path}.patterns[${n}]`, text)),
  ...readCriteria(path, raw, warn),
})

function readCriteria(path: string, raw: Static<typeof RawCriteria>, warn: Warn): Criteria {
  const duration = (key: 'pulledWithin' | 'pushedWithin') =>
    raw[key] === undefined ? undefined : readDuration(`${path}.${key}`, raw[key], warn)
  return {
    mostRecentlyPulledCount: raw.mostRecentlyPulledCount ?? 0,
    mostRecentlyPushedCount: raw.mostRecentlyPushedCount ?? 0,
    pulledWithin: duration('pulledWithin'),
    pushedWithin: duration('pushedWithin'),
  }
}
