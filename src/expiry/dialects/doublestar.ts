import { RE2JS } from 're2js'
import { classOf, literal, NOTHING } from './doublestar-terms.ts'

const SEGMENT = '[^/]'
const MAX_ALTERNATIVES = 5000

/**
 * A pattern of github.com/bmatcuk/doublestar v1.3, which Harbor uses: `*`, `?`, `[a-z]`, `[^a]` within a segment, `{a,b/c}`,
 * and `**` as a whole segment for any number of segments. The pattern becomes an RE2 expression, which matches the same
 * names in linear time. Segments of names are not empty.
 *
 * Two oddities are kept. After a `*`, what is left of a segment is not empty, so `v*{,1}` does not match `v2`. In
 * braces, `**` stands for one segment unless a slash is before it. One is not: with `{a/b,*}`, the original does not
 * match `a`, since `a/b` might go on.
 * @throws SyntaxError if the pattern is malformed
 */
export function makeDoublestar(pattern: string): (name: string) => boolean {
  // By far the most frequent pattern.
  if (pattern === '**') return () => true
  const expression = RE2JS.compile(new Translation().path(pattern))
  return (name) => expression.testExact(name)
}

/** The methods are named after what they match. Each returns an expression for the whole rest of the name. */
class Translation {
  #alternatives = 0

  /** A name from the beginning of a segment on (`doMatching` in the original). */
  path(pattern: string): string {
    const slash = indexOfUnescaped(pattern, '/')
    if ((slash === -1 ? pattern : pattern.slice(0, slash)) !== '**') return this.more(pattern)
    return slash === -1 ? '[\\s\\S]+' : `(?:${SEGMENT}*/)*${this.path(pattern.slice(slash + 1))}`
  }

  /** What is left of a segment, which is not empty, and all behind it. */
  more(pattern: string): string {
    let expression = ''
    let rest = pattern
    while (true) {
      const next = rest[0]
      if (next === undefined || next === '/') return NOTHING
      if (next === '{') return expression + this.braces(rest)
      const stars = /^\*\*?(?=\/|$)/.exec(rest)?.[0]
      if (stars !== undefined) return `${expression}${SEGMENT}+${this.end(rest.slice(stars.length))}`
      if (next === '*') {
        expression += `${SEGMENT}*`
        rest = rest.slice(1)
        continue
      }
      const term = termOf(rest)
      expression += term.matched
      rest = rest.slice(term.length)
      if (canBeEmpty(rest)) return expression + this.rest(rest)
    }
  }

  /** What is left of a segment, which may be empty. */
  rest(pattern: string): string {
    const stars = /^\*\*?(?=\/|$)/.exec(pattern)?.[0]
    if (stars !== undefined) return `${SEGMENT}*${this.end(pattern.slice(stars.length))}`
    if (pattern === '' || pattern[0] === '/') return this.end(pattern)
    const slash = indexOfUnescaped(pattern, '/')
    const empty = this.end(slash === -1 ? '' : pattern.slice(slash))
    return `(?:${this.more(pattern)}|${empty})`
  }

  /** The end of a segment: `pattern` is empty or begins with a slash. */
  end(pattern: string): string {
    return pattern === '' ? '' : `/${this.path(pattern.slice(1))}`
  }

  /** Each alternative is joined with all that follows it, and the result is read as a new pattern. */
  braces(pattern: string): string {
    const { options, tail } = alternativesOf(pattern)
    this.#alternatives += options.length
    if (this.#alternatives > MAX_ALTERNATIVES)
      throw new SyntaxError(`it stands for more than ${MAX_ALTERNATIVES} patterns`)
    return `(?:${options.map((option) => this.more(option + tail)).join('|')})`
  }
}

/** Whether the pattern matches a name that ends here, or whose segment does (`isZeroLengthPattern`). */
function canBeEmpty(pattern: string): boolean {
  const slash = indexOfUnescaped(pattern, '/')
  const segment = slash === -1 ? pattern : pattern.slice(0, slash)
  if (segment === '' || segment === '*' || segment === '**') return true
  if (segment[0] !== '{' || !isClosed(segment)) return false
  const { options, tail } = alternativesOf(segment)
  return canBeEmpty(tail) && options.some(canBeEmpty)
}

/** The first term of `pattern`, as an expression, and how long it is in the pattern, in UTF-16 code units. */
function termOf(pattern: string): { matched: string; length: number } {
  const first = String.fromCodePoint(pattern.codePointAt(0) ?? 0)
  if (first === '?') return { matched: SEGMENT, length: 1 }
  if (first === '[') {
    const end = indexOfUnescaped(pattern, ']', 1)
    if (end === -1) throw new SyntaxError('a "[" has no "]"')
    return { matched: classOf([...pattern.slice(1, end)]), length: end + 1 }
  }
  if (first !== '\\') return { matched: literal(first), length: first.length }
  const escaped = pattern.codePointAt(1)
  if (escaped === undefined) throw new SyntaxError('it ends in a backslash')
  const character = String.fromCodePoint(escaped)
  return { matched: literal(character), length: 1 + character.length }
}

const isClosed = (pattern: string): boolean => closingBrace(pattern) !== -1

function alternativesOf(pattern: string): { options: string[]; tail: string } {
  const end = closingBrace(pattern)
  if (end === -1) throw new SyntaxError('a "{" has no "}"')
  const options: string[] = []
  let start = 1
  for (const { at, depth, character } of unescaped(pattern.slice(0, end))) {
    if (character !== ',' || depth !== 1) continue
    options.push(pattern.slice(start, at))
    start = at + 1
  }
  return { options: [...options, pattern.slice(start, end)], tail: pattern.slice(end + 1) }
}

function closingBrace(pattern: string): number {
  for (const { at, depth } of unescaped(pattern)) if (depth === 0) return at
  return -1
}

/** The characters that no backslash precedes, with how many braces are open behind each. */
function* unescaped(pattern: string): Generator<{ at: number; character: string; depth: number }> {
  let depth = 0
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at] ?? ''
    if (character === '{') depth++
    if (character === '}') depth--
    if (character === '\\') at++
    else yield { at, character, depth }
  }
}

/** The first `character` from `from` on that no backslash precedes. */
function indexOfUnescaped(text: string, character: string, from = 0): number {
  let index = text.indexOf(character, from)
  while (index > from && text[index - 1] === '\\') index = text.indexOf(character, index + 1)
  return index
}
