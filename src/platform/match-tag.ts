import { RE2JS } from 're2js'
import { makeGlob } from './glob.ts'

/** Tags, by a glob or by an RE2 pattern that must match the whole tag. */
export type TagSelector = { glob: string } | { pattern: string }

/** Compares tags with a selector. */
export interface MatchTag {
  matches(tag: string): boolean
  /** The part of a tag that the pattern matches, if it does not match the whole tag; `undefined` if there is none. */
  partOf(tag: string): string | undefined
  /** What a group of the pattern matches, by its name or number; '' if it matches nothing. */
  groupOf(tag: string, group: string): string
}

/** A pattern must match the whole tag. RE2 takes time linear in the tag, so no pattern can hang the process. */
export function makeMatchTag(selector: TagSelector): MatchTag {
  if ('glob' in selector)
    return { matches: makeTagGlob(selector.glob), partOf: () => undefined, groupOf: () => '' }
  const pattern = RE2JS.compile(selector.pattern)
  return {
    matches: (tag) => pattern.matches(tag),
    partOf(tag) {
      const matcher = pattern.matcher(tag)
      return !pattern.matches(tag) && matcher.find() ? matcher.group() || undefined : undefined
    },
    groupOf(tag, group) {
      const matcher = pattern.matcher(tag)
      const key = /^\d+$/.test(group) ? Number(group) : group
      return matcher.matches() ? (matcher.group(key) ?? '') : ''
    },
  }
}

/** Most globs for tags are a text, or the beginning of one: a plan compares a million tags with each. A tag has no slash. */
function makeTagGlob(glob: string): (tag: string) => boolean {
  const [, beginning, stars] = /^([\w.-]*)(\**)$/.exec(glob) ?? []
  if (beginning === undefined) return makeGlob(glob)
  return stars === '' ? (tag) => tag === beginning : (tag) => tag.startsWith(beginning)
}
