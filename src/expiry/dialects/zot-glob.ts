import { RE2JS, RE2JSException } from 're2js'
import { compilePattern } from '../../platform/compile-pattern.ts'

/** An escaped character, a class, `**`, or one character. */
const TOKEN = /\\(?<escaped>.)|\[(?<not>[!^]?)(?<members>(?:\\.|[^\\\]])+)\]|\*\*|./gsu
type Token = RegExpExecArray

/** Braces multiply: ten of `{a,b}` are 1024 globs. */
const MOST_ALTERNATIVES = 1000

/**
 * Makes a matcher of a glob over repositories. zot uses doublestar v4 (github.com/bmatcuk/doublestar, match.go, validate.go):
 * `*` and `?` stay within a segment, `**` that is a whole segment stands for any number of them, also none, and elsewhere
 * is `*`. It runs as an RE2 pattern, so no glob can hang the process.
 * @throws RangeError if doublestar refuses the glob
 */
export function makeZotGlob(glob: string): (name: string) => boolean {
  const pattern = compile(expandBraces([...glob.matchAll(TOKEN)]).map(translate))
  return (name) => pattern.testExact(name)
}

function compile(alternatives: readonly string[]): RE2JS {
  try {
    return compilePattern(alternatives.join('|'), RE2JS.DOTALL)
  } catch (error) {
    if (error instanceof RE2JSException) throw new RangeError(`expected a glob: ${error.message}`)
    throw error
  }
}

/** The globs without braces that a glob stands for. */
function expandBraces(tokens: readonly Token[]): Token[][] {
  const open = tokens.findIndex(([text]) => text === '{' || text === '}')
  if (open < 0) return [[...tokens]]
  const parts: Token[][] = [[]]
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    const token = tokens[at]
    const text = token?.[0]
    if (text === '{') depth++
    if (text === '}') depth--
    if (depth <= 0 && text === '}') {
      if (depth < 0) break
      const globs: Token[][] = []
      for (const part of parts) {
        globs.push(...expandBraces([...tokens.slice(0, open), ...part, ...tokens.slice(at + 1)]))
        if (globs.length > MOST_ALTERNATIVES)
          throw new RangeError(`expected a glob with braces for at most ${MOST_ALTERNATIVES} alternatives`)
      }
      return globs
    }
    if (text === ',' && depth === 1) parts.push([])
    else if (token !== undefined && at > open) parts.at(-1)?.push(token)
  }
  throw new RangeError('expected a glob whose braces { } come in pairs')
}

/** The RE2 pattern of a glob without braces. */
function translate(tokens: readonly Token[]): string {
  const texts = tokens.map(([text]) => text)
  const endsWith = (at: number, ...rest: string[]): boolean =>
    texts.length === at + rest.length && rest.every((text, index) => texts[at + index] === text)
  let pattern = ''
  for (let at = 0; at < tokens.length; at++) {
    const text = texts[at] ?? ''
    const { escaped, not, members } = tokens[at]?.groups ?? {}
    const isSegments = text === '**' && (at === 0 || texts[at - 1] === '/')
    if (escaped !== undefined) pattern += RE2JS.quote(escaped)
    else if (members !== undefined) pattern += `[${not === '' ? '' : '^'}${classOf(members)}]`
    else if (text === '[' || text === '\\')
      throw new RangeError('expected a glob whose classes [ ] and escapes \\ are complete')
    // `a/**` matches `a` as well.
    else if (endsWith(at, '/', '**')) return `${pattern}(?:/.*)?`
    else if (endsWith(at, '/', '**', '/')) return `${pattern}(?:/(?:.*/)?)?`
    else if (isSegments && endsWith(at, '**')) pattern += '.*'
    else if (isSegments && texts[at + 1] === '/') {
      pattern += '(?:.*/)?'
      at++
    } else if (text === '*' || text === '**') pattern += '[^/]*'
    else if (text === '?') pattern += '[^/]'
    else pattern += RE2JS.quote(text)
  }
  return pattern
}

/** The members of a class, with each character as a code point: `a-z` is `\x{61}-\x{7a}`. */
const classOf = (members: string): string =>
  members.replaceAll(/\\(.)|(?<=.)(-)(?=.)|(.)/gsu, (_, escaped, dash, character) =>
    dash === undefined ? `\\x{${(escaped ?? character).codePointAt(0).toString(16)}}` : '-',
  )
