import type { KnownRepository, ReadingFailure } from './reading.ts'

/** A repository to be read, and what the index knows of it, if anything. */
export interface Place {
  repository: string
  known?: KnownRepository
}

/**
 * Where a repository stands among others: as its own keys do in byte order, after those of `a-b` and of `a/0` and before
 * those of `a/b`, for `a`. Names are ASCII, so JavaScript's order of strings is that of bytes.
 */
export const orderKey = (repository: string): string => `${repository}/_`

export const inOrderOfKeys = (a: string, b: string): number =>
  orderKey(a) < orderKey(b) ? -1 : orderKey(a) > orderKey(b) ? 1 : 0

/** Whether something in the folder `path` ('' or ending in '/') may come after the repository `after`. */
export const reachesPast = (path: string, after: string | undefined): boolean =>
  after === undefined || path > orderKey(after) || orderKey(after).startsWith(path)

/**
 * Each repository that is listed or known, once, in order, from after the repository `after`. `listed` is in order
 * already; failures in it are passed on where they stand.
 */
export async function* mergeRepositories(
  listed: Iterable<string | ReadingFailure> | AsyncIterable<string | ReadingFailure>,
  known: readonly KnownRepository[],
  after?: string,
): AsyncGenerator<Place | ReadingFailure> {
  const isWanted = (repository: string) => after === undefined || inOrderOfKeys(repository, after) > 0
  const waiting = [...new Map(known.map((one) => [one.repository, one])).values()]
    .filter(({ repository }) => isWanted(repository))
    .sort((a, b) => inOrderOfKeys(a.repository, b.repository))
  let next = 0
  for await (const item of listed) {
    if (typeof item !== 'string') {
      yield item
      continue
    }
    if (!isWanted(item)) continue
    for (; next < waiting.length; next++) {
      const known = waiting[next]
      if (known === undefined || inOrderOfKeys(known.repository, item) >= 0) break
      yield { repository: known.repository, known }
    }
    const known = waiting[next]
    if (known?.repository === item) next++
    yield known?.repository === item ? { repository: item, known } : { repository: item }
  }
  for (const known of waiting.slice(next)) yield { repository: known.repository, known }
}
