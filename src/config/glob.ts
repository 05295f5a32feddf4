import picomatch from 'picomatch'
import { GLOB_OPTIONS, isBounded, makeGlob } from '../platform/glob.ts'

/** What a glob of the configuration is compared with: a project is `registry/path`. */
export type GlobOf = 'project' | 'registry' | 'repository' | 'tag'

/** The characters of such names (src/registry/name.ts). */
const LETTERS: Record<GlobOf, string> = {
  project: 'a-z0-9._/-',
  registry: 'a-z0-9-',
  repository: 'a-z0-9._/-',
  tag: 'A-Za-z0-9._-',
}
/** Signs of globs, as in a class of characters. */
const SIGNS = String.raw`*?[\]{}()|!+@^,\\`

export const NOT_A_PATTERN = 'a glob, not a regular expression'

/** A name has 255 characters at most, and a list of names is a list of globs. */
export const MOST_CHARACTERS = 1_024

/** What a glob should be, if it is not valid or can match no name; `undefined` if nothing is wrong with it. */
export function expectedGlob(glob: string, of: GlobOf): string | undefined {
  if (glob.length > MOST_CHARACTERS) return `a glob of at most ${MOST_CHARACTERS} characters`
  if (isExpression(glob)) return NOT_A_PATTERN
  const [letters, count] = [LETTERS[of], (sign: string) => glob.split(sign).length]
  if (!isValid(glob) || count('{') !== count('}')) return 'a glob in which every [, { and ( is closed'
  // For picomatch, {10..99} is the class [10-99].
  if (/\{[^{}]*\.\.[^{}]*\}/.test(glob))
    return 'a glob without ranges such as {1..9}: write [1-9], or {1,2,3}'
  if (/\{[^{},]*\}/.test(glob)) return 'a glob with alternatives in braces, as in {a,b}'
  if (glob.includes('[!')) return 'a glob with [^…] in place of [!…]'
  if (/!(?!\()/.test(glob)) return 'a glob without !: it negates nothing. Name what is meant, as in v*'
  if (new RegExp(`[^${SIGNS}${letters}]`).test(glob))
    return `a glob that can match: the name of a ${of} has only the characters ${letters}`
  if (!isBounded(glob)) return 'a simpler glob: one with !(…) may have one * more in a segment, or one **'
  if (of !== 'tag' && glob.split('/').some((segment) => ['', '.', '..'].includes(segment)))
    return `a glob that can match: the name of a ${of} has no empty segment`
  if (of === 'tag' && /^[.-]/.test(glob)) return 'a glob that can match: no tag begins with a dot or a dash'
  return undefined
}

/**
 * Whether a glob is written like a regular expression, of which some signs mean nothing in a glob, or another thing: `^`, `$`,
 * `\\d`, `(?:`, `(a|b)`, `.+`, `]+`, and `.*` after a letter or a dash: `v1.*` is a glob for `v1.2`.
 */
const isExpression = (glob: string): boolean =>
  /^\^|\$$|\]\{\d|(?<![0-9\]}*?])\.\*|\\|\(\?|(?<![?*+@!])\(|\+(?!\()|\|(?![^(]*\))/.test(glob)

function isValid(glob: string): boolean {
  try {
    picomatch(glob, { ...GLOB_OPTIONS, strictBrackets: true, debug: true })
    return true
  } catch {
    return false
  }
}

/** Whether a glob for projects may match one of a registry. If a slash may be inside braces, that is taken as possible. */
export function mayMatchIn(glob: string, registries: readonly string[]): boolean {
  const [first = '', ...rest] = glob.split('/')
  if (first.includes('**') || !isValid(first)) return true
  return rest.length > 0 && registries.some(makeGlob(first))
}

/** Alternatives of a glob that are looked at. */
const MOST_SAMPLES = 20

/** Some names that a glob matches: one for each alternative in its braces. None for a glob that is too complicated. */
export const samplesOf = (glob: string): string[] =>
  alternativesOf(glob)
    .take(MOST_SAMPLES)
    .map((pattern) =>
      pattern.replaceAll(/\[[^\]]*\]/g, (set) => set.at(1) ?? '').replaceAll(/\*\*|[*?]/g, 'x'),
    )
    .filter(makeGlob(glob))
    .toArray()

/** The innermost braces first. */
function* alternativesOf(glob: string): Generator<string> {
  const [whole, head = '', list = '', tail = ''] = /^(.*)\{([^{}]*)\}(.*)$/.exec(glob) ?? []
  if (whole === undefined) yield glob
  else for (const one of list.split(/,|\.\./)) yield* alternativesOf(head + one + tail)
}
