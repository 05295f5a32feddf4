import { RE2JS } from 're2js'
import { compilePattern } from '../../platform/compile-pattern.ts'
import { PolicyError } from './dialect.ts'

/** What decides in a `container_expiration_policy`. */
export interface GitlabPolicy {
  enabled: boolean
  /** How many of the newest tags stay; `null` for none. */
  keep_n: number | null
  /** Days; `null` if tags of any age go. */
  older_than: number | null
  /** RE2 syntax. '' matches no tag. */
  name_regex: string
  name_regex_keep: string
}

interface Field {
  expected: string
  accepts(value: unknown): boolean
}

const oneOf = (...values: unknown[]): Field => ({
  expected: `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`,
  accepts: (value) => values.includes(value),
})
const text: Field = {
  expected: 'a string or null',
  accepts: (value) => value === null || typeof value === 'string',
}

/**
 * The fields of GitLab's API and what GitLab saves in them (app/models/container_expiration_policy.rb). Older versions
 * name `name_regex_delete` beside `name_regex`. `next_run_at` is the API's own.
 */
const FIELDS: Readonly<Record<string, Field>> = {
  cadence: oneOf('1d', '7d', '14d', '1month', '3month'),
  enabled: oneOf(true, false),
  keep_n: oneOf(1, 5, 10, 25, 50, 100, null),
  // 60d since GitLab 14.4; its documentation of the values leaves that out.
  older_than: oneOf('7d', '14d', '30d', '60d', '90d', null),
  name_regex: text,
  name_regex_delete: text,
  name_regex_keep: text,
  next_run_at: { expected: 'anything', accepts: () => true },
}
const EXPRESSIONS = ['name_regex', 'name_regex_delete', 'name_regex_keep']

/**
 * Reads the object `container_expiration_policy` of GitLab's project API. A field that is not there is as `null`, and
 * without `enabled` the policy is enabled. `name_regex_delete`, if it is there, stands for `name_regex`.
 * @throws PolicyError
 */
export function readGitlabPolicy(document: unknown): GitlabPolicy {
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new PolicyError('policy', 'expected an object, as container_expiration_policy of a GitLab project')
  const fields = new Map<string, unknown>(Object.entries(document))
  for (const [name, value] of fields) {
    const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined
    if (field === undefined) throw new PolicyError(name, 'GitLab has no such field')
    if (!field.accepts(value)) throw new PolicyError(name, `expected ${field.expected}`)
    if (EXPRESSIONS.includes(name)) checkExpression(name, String(value ?? ''))
  }
  const older = fields.get('older_than') ?? null
  const keep = fields.get('keep_n') ?? null
  return {
    enabled: fields.get('enabled') !== false,
    keep_n: keep === null ? null : Number(keep),
    older_than: older === null ? null : Number.parseInt(String(older), 10),
    name_regex: String(fields.get('name_regex_delete') ?? fields.get('name_regex') ?? ''),
    name_regex_keep: String(fields.get('name_regex_keep') ?? ''),
  }
}

/** GitLab checks an expression as it was written, and runs it between anchors. Both must be RE2 syntax. */
function checkExpression(field: string, expression: string): void {
  try {
    RE2JS.compile(expression)
    compilePattern(`\\A${expression}\\z`)
  } catch (error) {
    if (error instanceof RangeError) throw new PolicyError(field, error.message)
    throw new PolicyError(field, `not RE2 syntax: ${(error as Error).message}`)
  }
}
