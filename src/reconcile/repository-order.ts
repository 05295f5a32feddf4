import type { ExpectedRepository, ReadingFailure } from './reading.ts'

/** A repository to read. `expected` is set if the index has it. */
export interface RepositoryToRead {
  repository: string
  expected?: ExpectedRepository
}

/**
 * The sort key of a repository. It sorts like the repository's keys in the storage, for example `a/_manifests/…`: `a-b`
 * and `a/0` come before `a`, and `a/b` comes after it. Names are ASCII, so comparing strings compares bytes.
 */
export const orderKey = (repository: string): string => `${repository}/_`

export const compareRepositories = (a: string, b: string): number =>
  orderKey(a) < orderKey(b) ? -1 : orderKey(a) > orderKey(b) ? 1 : 0

/** Whether the folder `path` ('' or ending in '/') may contain repositories that come after the repository `after`. */
export const mayContainLater = (path: string, after: string | undefined): boolean =>
  after === undefined || path > orderKey(after) || orderKey(after).startsWith(path)

/**
 * Merges the repositories that are listed with those that are expected, each once, in order. Starts after the repository
 * `after`. `listed` must be in order. Failures in it are passed on where they stand.
 */
export async function* mergeRepositories(
  listed: Iterable<string | ReadingFailure> | AsyncIterable<string | ReadingFailure>,
  expected: readonly ExpectedRepository[],
  after?: string,
): AsyncGenerator<RepositoryToRead | ReadingFailure> {
  const isWanted = (repository: string) => after === undefined || compareRepositories(repository, after) > 0
  // In reverse order, since `pop` is cheap and `shift` is not.
  const waiting = [...new Map(expected.map((one) => [one.repository, one])).values()]
    .filter(({ repository }) => isWanted(repository))
    .sort((a, b) => compareRepositories(b.repository, a.repository))

  for await (const item of listed) {
    if (typeof item !== 'string') {
      yield item
      continue
    }
    if (!isWanted(item)) continue
    let isExpected = false
    for (let next = waiting.at(-1); next !== undefined; next = waiting.at(-1)) {
      if (compareRepositories(next.repository, item) > 0) break
      waiting.pop()
      yield { repository: next.repository, expected: next }
      isExpected = next.repository === item
    }
    if (!isExpected) yield { repository: item }
  }
  for (const expected of waiting.reverse()) yield { repository: expected.repository, expected }
}
