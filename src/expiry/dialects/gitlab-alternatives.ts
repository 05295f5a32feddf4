/**
 * The alternatives of an RE2 expression that stand in no group: `dev|te(s|x)t` has two. An expression has at least one.
 * Skips what a `|` does not separate: escapes, `\Q…\E`, character classes and groups.
 */
export function alternativesOf(expression: string): string[] {
  const alternatives: string[] = []
  let depth = 0
  let start = 0
  for (const { 0: token, index } of expression.matchAll(TOKEN)) {
    if (token === '(') depth++
    else if (token === ')') depth--
    else if (token === '|' && depth === 0) {
      alternatives.push(expression.slice(start, index))
      start = index + 1
    }
  }
  return [...alternatives, expression.slice(start)]
}

/** In a class, a first `]` is literal, and so is all of `[:alpha:]`. */
const TOKEN = /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|[()|]/gs
