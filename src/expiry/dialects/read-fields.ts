import { RE2JS, RE2JSException } from 're2js'
import { PolicyError } from './dialect.ts'

/** Readers for parts of a policy document. Each takes the path of the part, for errors, and throws PolicyError. */

/** Adds a warning about a field. */
export type Warn = (path: string, message: string) => void

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const pathTo = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** An object that has no fields but these. Each of them may be absent. */
export function readObject<K extends string>(
  path: string,
  value: unknown,
  known: readonly K[],
): Partial<Record<K, unknown>> {
  if (!isObject(value)) throw new PolicyError(path === '' ? 'policy' : path, 'expected an object')
  const unknown = Object.keys(value).find((key) => !known.some((name) => name === key))
  if (unknown !== undefined)
    throw new PolicyError(pathTo(path, unknown), `unknown field; known are ${known.join(', ')}`)
  return value satisfies Record<string, unknown> as Partial<Record<K, unknown>>
}

export function readList<T>(path: string, value: unknown, readItem: (path: string, item: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new PolicyError(path, 'expected a list')
  return value.map((item, index) => readItem(`${path}[${index}]`, item))
}

export function readString(path: string, value: unknown): string {
  if (typeof value !== 'string') throw new PolicyError(path, 'expected a string')
  return value
}

export function readBoolean(path: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new PolicyError(path, 'expected true or false')
  return value
}

export function readCount(path: string, value: unknown, minimum: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < minimum)
    throw new PolicyError(path, `expected an integer of at least ${minimum}`)
  return value
}

/** Reads with `parse`, whose RangeError says what was expected. */
export function readWith<T>(path: string, value: unknown, parse: (text: string) => T): T {
  const text = readString(path, value)
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof RangeError) throw new PolicyError(path, error.message)
    throw error
  }
}

/** A regular expression. RE2 takes time linear in the text, so no pattern can hang the process. */
export function readPattern(path: string, value: unknown): RE2JS {
  const text = readString(path, value)
  try {
    return RE2JS.compile(text)
  } catch (error) {
    if (error instanceof RE2JSException)
      throw new PolicyError(path, `not a pattern for RE2: ${error.message}`)
    throw error
  }
}
