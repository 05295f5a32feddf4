import { closest, distance } from 'fastest-levenshtein'

/** The one of `words` that `word` probably stands for; `undefined` if more than half of its letters differ. */
export function suggest(word: string, words: readonly string[]): string | undefined {
  const nearest = closest(word, words)
  return distance(word, nearest) <= nearest.length / 2 ? nearest : undefined
}
