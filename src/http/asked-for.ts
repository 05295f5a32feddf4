import { Type } from 'typebox'
import { parseDuration } from '../platform/units.ts'
import { HttpError } from './problem.ts'

/** The end of the year 9999, the last that RFC 3339 can write, in epoch ms. */
const LAST_MS = 253_402_300_799_999

const words = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }))

/** What people say of what they ask for: a line, not an essay. */
export const Why = (description = 'Why.') => words(500, description)
export const By = words(100, 'Who asks for it. It is not kept with `actors: false` in the configuration.')

/**
 * The duration of the key `for`, in ms.
 * @throws HttpError 400 unless it is above 0, and at most `most` or ends before the year 10000
 */
export function durationOf(text: string, most?: string): number {
  const ms = read('for', 'duration', () => parseDuration(text))
  if (most !== undefined && ms > parseDuration(most))
    throw new HttpError(400, `\`for\`: expected a duration above 0, and ${most} at most`)
  if (Date.now() + ms > LAST_MS)
    throw new HttpError(400, '`for`: expected a duration that ends before the year 10000')
  return ms
}

/** A size or a duration above 0 of a key of a body. @throws HttpError 400 */
export function read(key: string, what: 'size' | 'duration', parse: () => number): number {
  try {
    const value = parse()
    if (value > 0) return value
  } catch (error) {
    throw new HttpError(400, `\`${key}\`: ${error instanceof Error ? error.message : error}`)
  }
  throw new HttpError(400, `\`${key}\`: expected a ${what} above 0`)
}
