import type { RE2JS } from 're2js'
import { type TSchemaOptions, Type } from 'typebox'
import { compilePattern } from '../platform/compile-pattern.ts'
import { parseDuration, parseSize } from '../platform/units.ts'
import { isDigest } from '../registry/digest.ts'
import { isRepositoryName, isTag } from '../registry/name.ts'
import { expectedGlob, type GlobOf, MOST_CHARACTERS } from './glob.ts'
import { isPlaceholder } from './placeholder.ts'
import { type JsonSchema, written } from './written.ts'

/** What a leaf is told beside its description and parser: how it is `written` in the file, and its default. */
export type FieldOptions = TSchemaOptions & { written: JsonSchema }

/**
 * A leaf of the configuration. `parse` turns the value in the file, or the text of an environment variable, into what
 * the program uses. It throws an Error whose message says what was expected and never quotes the value.
 */
export function field<T>(description: string, parse: (raw: unknown) => T, options: FieldOptions) {
  return Type.Decode(Type.Unknown({ ...options, description }), parse)
}

/** A parser that takes the strings for which `accept` is true. */
export function string(expected: string, accept: (text: string) => boolean) {
  return (raw: unknown): string => {
    if (typeof raw === 'string' && accept(raw)) return raw
    throw new RangeError(`expected ${expected}`)
  }
}

/** A part of a leaf is wrong, or missing. The message says what was expected. */
export class PartError extends RangeError {
  override readonly name = 'PartError'
  /** The key of the part in the leaf. */
  readonly key: string
  /** What stands there. */
  readonly value: unknown
  constructor(key: string, value: unknown, message: string) {
    super(message)
    this.key = key
    this.value = value
  }
}

const text = string('a string', () => true)
/** A string that is not empty. */
export const nonEmpty = string(
  'a non-empty string (in quotes if it looks like a number)',
  (raw) => raw !== '',
)

export const Text = (description: string, options?: TSchemaOptions) =>
  field(description, text, { written: written.text, ...options })

export const NonEmpty = (description: string, options?: TSchemaOptions) =>
  field(description, nonEmpty, { written: written.nonEmpty, ...options })

/** A glob, as picomatch reads it, that can match the name of a project, a repository or a tag. */
export function Glob(description: string, of: GlobOf, options?: TSchemaOptions) {
  const parse = (raw: unknown) => {
    const glob = nonEmpty(raw)
    const expected = expectedGlob(glob, of)
    if (expected === undefined) return glob
    throw new RangeError(`expected ${expected}`)
  }
  const form = { ...written.nonEmpty, maxLength: MOST_CHARACTERS }
  return field(description, parse, { written: form, ...options, globOf: of })
}

/** The name of a repository. */
export const Repository = (description: string) =>
  field(description, string('the name of a repository, such as team-a/app', isRepositoryName), {
    written: { ...written.nonEmpty, maxLength: 255, examples: ['team-a/app'] },
  })

/** The digest of an image. */
export const Digest = (description: string) =>
  field(description, string('a whole digest, such as sha256: and 64 hex digits', isDigest), {
    written: written.matching(/^sha\d+:[0-9a-f]+$/, 'a whole digest, such as sha256: and 64 hex digits'),
  })

/** Options of a value that no other one may have: the same key in its list, or any value of this kind. */
export const unique = (among: 'list' | 'tokens' | 'urls'): TSchemaOptions => ({ unique: among })

/** The name of a list element: no other element of the list may have it. */
export const Name = (description: string) => NonEmpty(description, unique('list'))

/** The name of a configured registry. */
export const RegistryName = (description: string) => NonEmpty(description, { registryName: true })

/**
 * A string that is never shown. The same key with `File` appended names a file that holds it. `make` is a command that makes
 * one, for people.
 */
export function Secret(
  description: string,
  parse = nonEmpty,
  { make, ...options }: TSchemaOptions & { make?: string } = {},
) {
  const hint = make === undefined ? '' : `. To make one: ${make}`
  const parseSecret = (raw: unknown) => {
    if (typeof raw === 'string' && isPlaceholder(raw))
      throw new RangeError(`expected a secret of your own, not a placeholder such as change-me${hint}`)
    return parse(raw)
  }
  return field(description, parseSecret, { written: written.nonEmpty, ...options, secret: true })
}

/** Certificates or a key in PEM: a secret of several lines. */
export const Pem = (description: string, parse: (raw: unknown) => string) =>
  Secret(description, parse, { pem: true })

/** A secret of at least `length` characters that an HTTP header carries. */
export function headerSecret(length: number) {
  const parse = string(`a string of at least ${length} characters`, (raw) => raw.length >= length)
  const parseText = string('a string of ASCII characters without spaces: an HTTP header carries it', (raw) =>
    /^[\x21-\x7e]*$/.test(raw),
  )
  return (raw: unknown): string => parseText(parse(raw))
}

/** A string that matches `accept`. */
export function Pattern(description: string, expected: string, accept: RegExp, options?: TSchemaOptions) {
  return field(
    description,
    string(expected, (raw) => accept.test(raw)),
    { written: written.matching(accept, expected), ...options },
  )
}

export function Integer(description: string, minimum: number, maximum: number, options?: TSchemaOptions) {
  const parse = (raw: unknown) => {
    const value = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum)
      return value
    throw new RangeError(`expected an integer from ${minimum} to ${maximum}`)
  }
  return field(description, parse, { written: written.integer(minimum, maximum), ...options })
}

/** An amount of money, without its currency. */
export function Price(description: string) {
  const parse = (raw: unknown) => {
    const value = typeof raw === 'string' && /^\d+(\.\d+)?$/.test(raw) ? Number(raw) : raw
    if (typeof value === 'number' && value >= 0 && value <= 1_000_000) return value
    throw new RangeError('expected a number from 0 to 1000000, such as 0.02, without a currency')
  }
  return field(description, parse, { written: written.price })
}

/** A boolean. `"false"` in quotes is a string and no boolean; environment.ts turns the text of a variable into one. */
export function Flag(description: string, options?: TSchemaOptions) {
  const parse = (raw: unknown) => {
    if (typeof raw === 'boolean') return raw
    throw new RangeError('expected true or false, without quotes')
  }
  return field(description, parse, { written: written.flag, ...options, flag: true })
}

export function Choice<const T extends string>(description: string, choices: T[], options?: TSchemaOptions) {
  const parse = (raw: unknown): T => {
    const chosen = choices.find((choice) => choice === raw)
    if (chosen !== undefined) return chosen
    throw new RangeError(`expected one of ${choices.join(', ')}`)
  }
  return field(description, parse, { written: written.choice(choices), ...options })
}

/** A size or a duration as it is written: a list of one text would read like the text. */
const quantityOf = (raw: unknown): string =>
  typeof raw === 'string' || typeof raw === 'number' ? String(raw) : ''

/** A size above zero, in bytes. */
export const Size = (description: string, options?: TSchemaOptions) =>
  field(description, (raw) => positive(parseSize(quantityOf(raw)), 'size'), {
    written: written.size,
    ...options,
  })

/** A duration above zero, in milliseconds. */
export const Duration = (description: string, options?: TSchemaOptions, shortest?: string) =>
  field(
    description,
    (raw) => {
      const ms = positive(parseDuration(quantityOf(raw)), 'duration')
      if (shortest !== undefined && ms < parseDuration(shortest))
        throw new RangeError(`expected a duration of ${shortest} or longer`)
      return ms
    },
    { written: written.duration, ...options },
  )

/** How often something runs, in milliseconds, or `never`. */
export function Interval(description: string, options?: TSchemaOptions) {
  const parse = (raw: unknown) => {
    if (raw === 'never') return raw
    try {
      return positive(parseDuration(quantityOf(raw)), 'duration')
    } catch (error) {
      throw new RangeError(messageOf(error).replace(/^expected/, 'expected never or'))
    }
  }
  return field(description, parse, { written: written.interval, ...options })
}

function positive(value: number, what: string): number {
  if (value > 0) return value
  throw new RangeError(`expected a ${what} above 0`)
}

/** A fraction above 0, to 1 at most; may be written as a percentage. */
export const Fraction = (description: string, options?: TSchemaOptions) =>
  field(description, parseFraction, { written: written.fraction, ...options })

export function parseFraction(raw: unknown): number {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(quantityOf(raw)) ?? []
  const fraction = Number(number) / (percent ? 100 : 1)
  if (fraction > 0 && fraction <= 1) return fraction
  throw new RangeError('expected a percentage such as 80%, or a number such as 0.8: above 0, to 1 at most')
}

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

function isPlainUrl(raw: string): boolean {
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

/** The name of a repository or a tag that may contain variables in braces. `checkPromotion` says which. */
export function Template(description: string, of: 'repository' | 'tag', options: TSchemaOptions) {
  const isName = of === 'tag' ? isTag : isRepositoryName
  const expected = `the name of a ${of}, perhaps with variables such as {repository}, {tag}, {project} and {name}`
  return field(
    description,
    string(expected, (raw) => isName(raw.replaceAll(/\{\w+\}/g, 'a'))),
    { written: written.nonEmpty, ...options },
  )
}

/** An RE2 pattern with the named group `project`. */
export function ProjectPattern(description: string) {
  const parse = (raw: unknown) => {
    const pattern = text(raw)
    if (Object.hasOwn(validPattern(pattern).namedGroups(), 'project')) return pattern
    throw new RangeError('expected a pattern with the named group (?P<project>…)')
  }
  const group = /\(\?P?<project>/
  return field(description, parse, {
    written: written.matching(group, 'a pattern with the named group (?P<project>…)', {
      examples: ['^(?P<project>[^/]+/[^/]+)/'],
    }),
  })
}

/**
 * The pattern of `{ pattern: … }`, an RE2 pattern. `instead` says what may stand in its place.
 * @throws PartError if the pattern is wrong, RangeError if it is another mapping
 */
export function patternIn(raw: Record<string, unknown>, instead: string): string {
  const [key, ...others] = Object.keys(raw)
  if (key !== 'pattern' || others.length > 0) throw new RangeError(`expected ${instead}, or { pattern: … }`)
  try {
    const pattern = nonEmpty(raw.pattern)
    validPattern(pattern)
    return pattern
  } catch (error) {
    throw new PartError('pattern', raw.pattern, messageOf(error))
  }
}

function validPattern(pattern: string): RE2JS {
  try {
    return compilePattern(pattern)
  } catch (error) {
    if (error instanceof RangeError) throw error
    throw new RangeError(`expected a valid RE2 pattern (${messageOf(error)})`)
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
