import { type RE2JS, RE2JSException } from 're2js'
import { compilePattern } from '../../platform/compile-pattern.ts'
import { PolicyError } from './dialect.ts'

/** Adds a warning about a field. */
export type Warn = (path: string, message: string) => void

/** Reads the text of a field with `parse`, whose RangeError says what was expected. @throws PolicyError */
export function parseField<T>(path: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof RangeError) throw new PolicyError(path, error.message)
    throw error
  }
}

/** A regular expression. RE2 takes time linear in the text, so no pattern can hang the process. @throws PolicyError */
export function parsePattern(path: string, text: string): RE2JS {
  try {
    return compilePattern(text)
  } catch (error) {
    if (error instanceof RangeError) throw new PolicyError(path, error.message)
    if (error instanceof RE2JSException)
      throw new PolicyError(path, `not a pattern for RE2: ${error.message}`)
    throw error
  }
}
