import type { CiIssuer } from '../config/ci-section.ts'
import { printable } from '../platform/printable.ts'
import { isRepositoryName } from '../registry/name.ts'
import type { CiClaims } from './principal.ts'
import { CiRefusal } from './refusal.ts'

/** The content of a token whose signature was verified. */
export type Payload = Readonly<Record<string, unknown>>

/**
 * The names of claims: docs.gitlab.com/ci/secrets/id_token_authentication, "Token payload";
 * docs.github.com/actions/reference/security/oidc, "OIDC token claims".
 */
const NAMES: Record<CiIssuer['type'], Record<keyof CiClaims, string>> = {
  gitlab: {
    project: 'project_path',
    projectId: 'project_id',
    job: 'job_id',
    pipeline: 'pipeline_id',
    user: 'user_login',
    commit: 'sha',
    ref: 'ref',
    refType: 'ref_type',
    environment: 'environment',
  },
  github: {
    project: 'repository',
    projectId: 'repository_id',
    job: 'check_run_id',
    pipeline: 'run_id',
    user: 'actor',
    commit: 'sha',
    ref: 'ref',
    refType: 'ref_type',
    environment: 'environment',
  },
}

/** Reads who a job is. @throws CiRefusal if a condition is not met, or the token does not name its project */
export function readClaims(
  { type, conditions = {} }: Pick<CiIssuer, 'type' | 'conditions'>,
  payload: Payload,
): CiClaims {
  for (const [name, values] of Object.entries(conditions)) requireOneOf(payload, name, values)
  const names = NAMES[type]
  const optional = (key: keyof CiClaims) => textOf(payload, names[key])
  return {
    project: projectPath(required(payload, names.project), names.project),
    projectId: required(payload, names.projectId),
    job: optional('job'),
    pipeline: optional('pipeline'),
    user: optional('user'),
    commit: optional('commit'),
    ref: optional('ref'),
    refType: optional('refType'),
    environment: optional('environment'),
  }
}

/** Ids and flags are texts in some tokens, and numbers and booleans in others. */
function textOf(payload: Payload, name: string): string | null {
  const value = Object.hasOwn(payload, name) ? payload[name] : undefined
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}

function required(payload: Payload, name: string): string {
  const value = textOf(payload, name)
  if (value === null)
    throw new CiRefusal('claim', `the token does not say ${name}: it is not that of a CI job`)
  return value
}

function requireOneOf(payload: Payload, name: string, values: readonly string[]): void {
  const value = textOf(payload, name)
  if (value !== null && values.includes(value)) return
  const given = value === null ? `the token does not say ${name}` : `${name} is ${JSON.stringify(value)}`
  throw new CiRefusal(
    'condition',
    printable(`${given}; expected ${values.map((one) => JSON.stringify(one)).join(' or ')}`),
  )
}

/** GitLab and GitHub do not tell upper from lower case in paths, and registries have lower case only. */
function projectPath(given: string, name: string): string {
  // Of other alphabets some letters have lower cases in this one: the sign of Kelvin is one.
  const path = given.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
  if (isRepositoryName(path)) return path
  throw new CiRefusal(
    'project',
    printable(`${name} is ${JSON.stringify(given)}: no repository can have this name`),
  )
}
