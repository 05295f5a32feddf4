import type { TSchemaOptions } from 'typebox'
import { field, Secret, string } from './fields.ts'
import { written } from './written.ts'

/** An http or https URL, perhaps with a path. */
export function Url(description: string) {
  const parse = string('an http or https URL without credentials, query and fragment', isPlainUrl)
  return field(description, (raw) => withoutSlash(parse(raw)), { written: written.url })
}

/** The URL of a registry: what stands before `/v2/`. */
export function RegistryUrl(description: string, options?: TSchemaOptions) {
  const parse = string(
    'an http or https URL without /v2, credentials, query and fragment',
    (raw) => isPlainUrl(raw) && !withoutSlash(raw).endsWith('/v2'),
  )
  return field(description, (raw) => withoutSlash(parse(raw)), { written: written.url, ...options })
}

const withoutSlash = (url: string): string => url.replace(/\/$/, '')

export function isPlainUrl(raw: string): boolean {
  const url = httpUrl(raw)
  return url !== undefined && url.username + url.password === '' && !/[?#]/.test(raw)
}

export function httpUrl(raw: string): URL | undefined {
  const url = URL.parse(raw)
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined
}

/** A URL that is a secret itself, such as that of an incoming webhook. */
export const SecretUrl = (description: string) =>
  Secret(
    description,
    string('an http or https URL', (raw) => httpUrl(raw) !== undefined),
    { written: written.secretUrl },
  )
