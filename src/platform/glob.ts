import picomatch from 'picomatch'
import { RE2JS } from 're2js'

export const GLOB_OPTIONS = { dot: true, nonegate: true }

/**
 * A glob over names with slashes: `*` within a segment, `**` over several, `{a,b}` and `[0-9]` as usual.
 * Names that begin with a dot are matched like any other. No name has a segment that is empty, `.` or `..`.
 * It takes time linear in the name, or nearly so, if the glob `isBounded`: whoever may read may try a policy with globs of their own.
 */
export function makeGlob(pattern: string): (name: string) => boolean {
  const expression = isSimple(pattern) ? undefined : linearOf(pattern)
  if (expression !== undefined) return (name) => name !== '' && expression.matches(name)
  const matches = picomatch(pattern, GLOB_OPTIONS)
  // Its second parameter changes what it returns, and `filter` passes one.
  return (name) => matches(name)
}

/** Whether no name makes the glob try very many ways to match it. */
export const isBounded = (pattern: string): boolean => isSimple(pattern) || linearOf(pattern) !== undefined

/**
 * Whether the regular expression of picomatch, which goes back and tries again, has at most one choice to make: the second star of
 * a segment is one, and so is `**`. One list such as `{a,b}` may be beside it. What is in `!(…)` is only looked at.
 */
function isSimple(pattern: string): boolean {
  const rest = pattern.replace(/\{[^{}()*]*\}/, 'x')
  if (/\{|(?<!!)\(/.test(rest)) return false
  const choices = rest.split('/').map((segment) => {
    const stars = segment.match(/\*|!\(/g)?.length ?? 0
    return segment === '**' ? 1 : Math.max(0, stars - 1)
  })
  return choices.reduce((sum, count) => sum + count, 0) <= 1
}

/** What picomatch adds so that `*` and `**` match no segment that is empty, `.` or `..`. RE2 cannot look ahead. */
const GUARDS: [guarded: string, plain: string][] = [
  [String.raw`(?:(?!(?:^|\/)\.{1,2}(?:\/|$)).)*?`, '.*?'],
  [String.raw`(?!(?:^|\/)\.{1,2}(?:\/|$))`, ''],
  [String.raw`(?!\.{1,2}(?:\/|$))`, ''],
  // Something follows, so `**` does not end the name.
  ['|$)(?=.)', ')'],
  ['(?=.)', ''],
]

/** The glob for RE2, which takes time linear in the name; `undefined` if RE2 cannot have it, as with `!(…)`. */
function linearOf(pattern: string): RE2JS | undefined {
  const { source } = picomatch.makeRe(pattern, GLOB_OPTIONS)
  const plain = GUARDS.reduce((text, [guarded, without]) => text.replaceAll(guarded, without), source)
  try {
    return RE2JS.compile(plain)
  } catch {
    return undefined
  }
}
