import { type TSchemaOptions, Type } from 'typebox'
import { isDigest } from '../registry/digest.ts'
import { isRepositoryName } from '../registry/name.ts'
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

export const text = string('a string', () => true)
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

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
