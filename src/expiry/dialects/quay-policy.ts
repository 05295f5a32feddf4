import type { RE2JS } from 're2js'
import { type Static, Type } from 'typebox'
import { PolicyError } from './dialect.ts'
import { parseField, parsePattern, type Warn } from './parse-field.ts'
import { readShape } from './shape.ts'

const RawPolicy = Type.Object(
  {
    uuid: Type.Optional(Type.Unknown()),
    method: Type.Enum(['number_of_tags', 'creation_date']),
    value: Type.Optional(Type.Unknown()),
    tagPattern: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    tagPatternMatches: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  },
  { additionalProperties: false },
)
const RawPolicies = Type.Object({ policies: Type.Array(RawPolicy) }, { additionalProperties: false })

/** One of Quay's auto-prune policies. */
export interface PrunePolicy {
  /** How many tags stay; or the age in µs that a tag may have. */
  limit: { count: number } | { age: number }
  /** Which tags the policy sees. */
  selects(tag: string): boolean
  /** What is said of a tag that it sees and keeps, and of one that it prunes. */
  reasons: { kept: string; pruned: string }
}

export interface PrunePolicies {
  policies: readonly PrunePolicy[]
  warnings: readonly string[]
}

/**
 * Reads Quay's auto-prune policies as its API lists them (endpoints/api/policy.py, get_view in data/model/autoprune.py).
 * @throws PolicyError for what Quay refuses (assert_valid_namespace_autoprune_policy), and for a pattern that RE2 lacks
 */
export function readPrunePolicies(document: unknown): PrunePolicies {
  const warnings: string[] = []
  const warn = (path: string, message: string) => warnings.push(`${path}: ${message}`)
  const known = new Set<string>()
  const policies = readShape(RawPolicies, document).policies.map((raw, n) => {
    const path = `policies[${n}]`
    const fields = fieldsOf(raw)
    // duplicate_namespace_policy
    const key = JSON.stringify(fields)
    if (known.has(key)) throw new PolicyError(path, 'it is there twice')
    known.add(key)
    return readPolicy(path, fields, warn)
  })
  return { policies, warnings }
}

interface Fields {
  method: Static<typeof RawPolicy>['method']
  value: unknown
  /** `undefined` sees every tag. */
  pattern: string | undefined
  matches: boolean | null
}

const fieldsOf = ({
  method,
  value,
  tagPattern,
  tagPatternMatches = true,
}: Static<typeof RawPolicy>): Fields => ({
  ...{ method, value },
  pattern: tagPattern?.trim(),
  matches: tagPatternMatches,
})

function readPolicy(path: string, { method, value, pattern, matches }: Fields, warn: Warn): PrunePolicy {
  const limit = readLimit(path, method, value, warn)
  return { ...limit, selects: readSelection(path, pattern, matches, warn) }
}

function readLimit(
  path: string,
  method: Fields['method'],
  value: unknown,
  warn: Warn,
): Pick<PrunePolicy, 'limit' | 'reasons'> {
  const at = `${path}.value`
  if (method === 'number_of_tags') {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1)
      throw new PolicyError(at, 'expected an integer of at least 1')
    const what = `among the ${value} newest tags that ${path} selects`
    return { limit: { count: value }, reasons: { kept: `it is ${what}`, pruned: `it is not ${what}` } }
  }
  if (typeof value !== 'string') throw new PolicyError(at, 'expected a string')
  const age = parseField(at, value, parseTimedelta)
  if (age <= 0) warn(at, `${value} is no time ago, so every tag is older`)
  if (value.endsWith('m')) warn(at, `m is minutes, so ${value} is ${age / 60e6} minutes`)
  const what = `older than the ${value} of ${path}`
  return { limit: { age }, reasons: { kept: `it is not ${what}`, pruned: `it is ${what}` } }
}

function readSelection(
  path: string,
  pattern: string | undefined,
  matches: boolean | null,
  warn: Warn,
): (tag: string) => boolean {
  const flag = `${path}.tagPatternMatches`
  if (pattern === undefined) {
    if (matches === false) warn(flag, 'it has no effect without tagPattern: the policy sees every tag')
    return () => true
  }
  const at = `${path}.tagPattern`
  if (pattern === '') throw new PolicyError(at, 'expected a pattern that is not empty')
  const expression = parsePattern(at, pattern)
  warnOfPattern(at, pattern, expression, warn)
  if (matches === null) warn(flag, 'it is null, so Quay prunes the tags that do not match')
  return (tag) => expression.test(tag) === (matches ?? false)
}

/** In µs. */
const UNITS: Readonly<Record<string, number>> = { s: 1e6, m: 60e6, h: 3600e6, d: 86_400e6, w: 604_800e6 }
/** Of Python's timedelta, in µs. */
const LONGEST = 999_999_999 * 86_400e6

/** Parses `7d` into µs (util/timedeltastring.py). The number is what Python's `int()` takes. */
function parseTimedelta(text: string): number {
  const [, sign, digits = '', unit = ''] = /^\s*([+-]?)(\d+(?:_\d+)*)\s*([smhdw])$/.exec(text) ?? []
  const length = Number(digits.replaceAll('_', '')) * (UNITS[unit] ?? Number.NaN)
  if (digits === '' || length > LONGEST)
    throw new RangeError('expected a number with one of the units s, m (minutes), h, d and w, such as 2w')
  return sign === '-' ? -length : length
}

/** Quay searches the pattern in the tag: `field.regexp(pattern)` in data/text.py. */
function warnOfPattern(at: string, pattern: string, expression: RE2JS, warn: Warn): void {
  if (expression.test('') && expression.test('-')) warn(at, `"${pattern}" is found in every tag`)
  else if (!/^\^|^\\A|\$$|\\z$/.test(pattern))
    warn(at, `"${pattern}" is searched anywhere in the tag; ^ and $ make it match the whole tag`)
}
