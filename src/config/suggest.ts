import { closest, distance } from 'fastest-levenshtein'

/** The word of `known` that `word` was probably meant to be: at most half its letters differ. */
export function suggest(word: string, known: readonly string[]): string | undefined {
  const nearest = closest(word, known)
  return distance(word, nearest) <= nearest.length / 2 ? nearest : undefined
}
