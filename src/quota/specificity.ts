import { makeGlob } from '../platform/glob.ts'

const SIGNS = /[*?[\]{}(),!+@|]/

/**
 * How specific a glob is, segment by segment: 0 for `**`, from 1 to less than 2 for a wildcard, more with more characters that
 * stand for themselves, and 2 for a plain name (docs/quotas.md, Which quota applies).
 */
function ranksOf(glob: string): number[] {
  return glob.split('/').map((segment) => {
    if (segment === '**') return 0
    if (!SIGNS.test(segment)) return 2
    return 1 + segment.replaceAll(/[^a-z0-9._-]/g, '').length / 1_000
  })
}

/** Below 0 if `a` is more specific than `b`: the first segment that differs decides. 0 if they are alike. */
export function compareSpecificity(a: string, b: string): number {
  const [ranks, others] = [ranksOf(a), ranksOf(b)]
  for (let i = 0; i < Math.max(ranks.length, others.length); i++) {
    const difference = (others[i] ?? -1) - (ranks[i] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}

/** Pairs of globs that are equally specific and may match the same project. */
export const tiesIn = (globs: readonly string[]): [string, string][] =>
  globs.flatMap((a, i) =>
    globs
      .slice(i + 1)
      .filter((b) => compareSpecificity(a, b) === 0 && mayMeet(a, b))
      .map((b): [string, string] => [a, b]),
  )

/** Whether a name may match both of two globs that have no slash in braces. */
export const mayMeet = (a: string, b: string): boolean => pathsMayMeet(a.split('/'), b.split('/'))

function pathsMayMeet(a: readonly string[], b: readonly string[]): boolean {
  const [[first, ...rest], [other, ...others]] = [a, b]
  if (first === undefined && other === undefined) return true
  if (first === '**') return pathsMayMeet(rest, b) || (other !== undefined && pathsMayMeet(a, others))
  if (other === '**') return pathsMayMeet(b, a)
  return (
    first !== undefined && other !== undefined && segmentsMayMeet(first, other) && pathsMayMeet(rest, others)
  )
}

/** Two wildcards cannot meet if what stands before their first sign, or after their last one, differs. */
function segmentsMayMeet(a: string, b: string): boolean {
  if (!SIGNS.test(a) || !SIGNS.test(b)) return makeGlob(a)(b) || makeGlob(b)(a)
  const [headA, headB] = [a, b].map((glob) => glob.slice(0, glob.search(SIGNS)))
  const [tailA, tailB] = [a, b].map((glob) => /[^*?[\]{}(),!+@|]*$/.exec(glob)?.[0] ?? '')
  return startsAlike(headA ?? '', headB ?? '') && startsAlike(reversed(tailA ?? ''), reversed(tailB ?? ''))
}

const startsAlike = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a)
const reversed = (text: string): string => [...text].reverse().join('')
