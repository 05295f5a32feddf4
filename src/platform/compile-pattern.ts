import { RE2JS } from 're2js'

/** Instructions of RE2 that a pattern may take. `[a-z]{1,255}` takes 511; 40,000 take seconds for one tag. */
const MOST_INSTRUCTIONS = 2_000

/**
 * Compiles a pattern that somebody has written. RE2 takes time linear in the name, but also in the size of the pattern, and a
 * repeat in a repeat is a very large one. @throws RE2JSException if it is no pattern for RE2, RangeError if it is too large
 */
export function compilePattern(text: string, flags = 0): RE2JS {
  const pattern = RE2JS.compile(text, flags)
  const size = pattern.programSize()
  if (size > MOST_INSTRUCTIONS)
    throw new RangeError(`expected a smaller pattern: ${size} instructions, at most ${MOST_INSTRUCTIONS}`)
  return pattern
}
