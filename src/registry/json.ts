import { isNestedDeeper } from '../platform/nesting.ts'

/** The deepest nesting that is parsed: JSON.parse takes 0.1 s for a MiB of opening brackets. No answer has ten levels. */
const LEVELS = 100

/** Parses what a registry sent. `undefined` if it is not JSON or is nested more than 100 levels deep. */
export function parseJson(bytes: Buffer): unknown {
  const text = bytes.toString('utf8')
  try {
    return isNestedDeeper(text, LEVELS) ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The entries of an object whose values are text: labels or annotations. */
export const textsIn = (object: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(object).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
