import { RE2JS } from 're2js'
import { type TSchemaOptions, Type } from 'typebox'
import { parseDuration, parseSize } from '../platform/units.ts'

/**
 * A leaf of the configuration. `parse` turns the value in the file, or the text of an environment variable, into what
 * the program uses. It throws an Error whose message says what was expected and never quotes the value.
 */
function field<T>(description: string, parse: (raw: unknown) => T, options: TSchemaOptions = {}) {
  return Type.Decode(Type.Unknown({ ...options, description }), parse)
}

/** A parser that takes the strings for which `accept` is true. */
export function string(expected: string, accept: (text: string) => boolean) {
  return (raw: unknown): string => {
    if (typeof raw === 'string' && accept(raw)) return raw
    throw new RangeError(`expected ${expected}`)
  }
}

const text = string('a string', () => true)
/** A string that is not empty. */
export const nonEmpty = string(
  'a non-empty string (in quotes if it looks like a number)',
  (raw) => raw !== '',
)

export const Text = (description: string, options?: TSchemaOptions) => field(description, text, options)

export const NonEmpty = (description: string, options?: TSchemaOptions) =>
  field(description, nonEmpty, options)

/** A glob, as picomatch reads it. */
export const Glob = NonEmpty

/** The name of a list element: no other element of the list may have it. */
export const Name = (description: string) => field(description, nonEmpty, { unique: true })

/** The name of a configured registry. */
export const RegistryName = (description: string) => field(description, nonEmpty, { registryName: true })

/** A string that is never shown. The same key with `File` appended names a file that holds it. */
export function Secret(description: string, parse = nonEmpty, options?: TSchemaOptions) {
  return field(description, parse, { ...options, secret: true })
}

/** A string that matches `accept`. */
export function Pattern(description: string, expected: string, accept: RegExp, options?: TSchemaOptions) {
  return field(
    description,
    string(expected, (raw) => accept.test(raw)),
    options,
  )
}

export function Integer(description: string, minimum: number, maximum: number, options?: TSchemaOptions) {
  const parse = (raw: unknown) => {
    const value = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw
    if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum)
      return value
    throw new RangeError(`expected an integer from ${minimum} to ${maximum}`)
  }
  return field(description, parse, options)
}

export function Flag(description: string, options?: TSchemaOptions) {
  const parse = (raw: unknown) => {
    if (raw === true || raw === 'true') return true
    if (raw === false || raw === 'false') return false
    throw new RangeError('expected true or false')
  }
  return field(description, parse, options)
}

export function Choice<const T extends string>(description: string, choices: T[], options?: TSchemaOptions) {
  const parse = (raw: unknown): T => {
    const chosen = choices.find((choice) => choice === raw)
    if (chosen !== undefined) return chosen
    throw new RangeError(`expected one of ${choices.join(', ')}`)
  }
  return field(description, parse, options)
}

/** A size above zero, in bytes. */
export const Size = (description: string, options?: TSchemaOptions) =>
  field(description, (raw) => positive(parseSize(String(raw)), 'size'), options)

/** A duration above zero, in milliseconds. */
export const Duration = (description: string, options?: TSchemaOptions) =>
  field(description, (raw) => positive(parseDuration(String(raw)), 'duration'), options)

/** How often something runs, in milliseconds, or `never`. */
export function Interval(description: string, options?: TSchemaOptions) {
  const parse = (raw: unknown) => {
    if (raw === 'never') return raw
    try {
      return positive(parseDuration(String(raw)), 'duration')
    } catch (error) {
      throw new RangeError(messageOf(error).replace(/^expected/, 'expected never or'))
    }
  }
  return field(description, parse, options)
}

function positive(value: number, what: string): number {
  if (value > 0) return value
  throw new RangeError(`expected a ${what} above 0`)
}

/** A fraction from 0 to 1; may be written as a percentage. */
export function Fraction(description: string, options?: TSchemaOptions) {
  const parse = (raw: unknown) => {
    const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(String(raw)) ?? []
    const fraction = Number(number) / (percent ? 100 : 1)
    if (fraction >= 0 && fraction <= 1) return fraction
    throw new RangeError('expected a percentage such as 80%, or a number from 0 to 1')
  }
  return field(description, parse, options)
}

/** An http or https URL, perhaps with a path. */
export function Url(description: string) {
  const parse = string('an http or https URL without credentials, query and fragment', isPlainUrl)
  return field(description, (raw) => withoutSlash(parse(raw)))
}

/** The URL of a registry: what stands before `/v2/`. */
export function RegistryUrl(description: string) {
  const parse = string(
    'an http or https URL without /v2, credentials, query and fragment',
    (raw) => isPlainUrl(raw) && !withoutSlash(raw).endsWith('/v2'),
  )
  return field(description, (raw) => withoutSlash(parse(raw)))
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
  )

/** A name that may contain the variables {repository}, {tag}, {project} and {name}. */
export const Template = (description: string, options: TSchemaOptions) =>
  Pattern(
    description,
    'a name that contains no variables but {repository}, {tag}, {project} and {name}',
    /^(?:[^{}]|\{(?:repository|tag|project|name)\})+$/,
    options,
  )

/** An RE2 pattern with the named group `project`. */
export function ProjectPattern(description: string) {
  return field(description, (raw) => {
    const pattern = text(raw)
    if (Object.hasOwn(compile(pattern).namedGroups(), 'project')) return pattern
    throw new RangeError('expected a pattern with the named group (?P<project>…)')
  })
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    throw new RangeError(`expected a valid RE2 pattern (${messageOf(error)})`)
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
