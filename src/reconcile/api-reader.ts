import { inOrder } from '../platform/in-order.ts'
import { makeLimit } from '../platform/limit.ts'
import type { RegistryClient } from '../registry/client.ts'
import { isRepositoryName } from '../registry/name.ts'
import { readRepository } from './api-repository.ts'
import type { ReadingFailure, RegistryReader } from './reading.ts'
import { inOrderOfKeys, mergeRepositories, type Place } from './repository-order.ts'

/** Requests in flight: what a small registry answers at its best, and others' pulls hardly feel. */
const REQUESTS = 8
/** Repositories read at a time, besides the one that is waited for. */
const REPOSITORIES_AHEAD = 3

/**
 * Reads a registry through its API, which shows neither untagged manifests that nobody names nor uploaded blobs: of the
 * former those are found that an index lists, that an artifact is about, or that the index knows. The client names
 * itself `tallyman`, so that its pulls count as nobody's use.
 */
export function makeApiReader({ client }: { client: RegistryClient }): RegistryReader {
  const limit = makeLimit(REQUESTS)

  async function* catalog(): AsyncGenerator<string | ReadingFailure> {
    const names = new Set<string>()
    try {
      for await (const name of client.catalog()) if (isRepositoryName(name)) names.add(name)
    } catch (error) {
      yield { failure: `the catalog is not complete: ${messageOf(error)}` }
    }
    yield* [...names].sort(inOrderOfKeys)
  }

  const read = ({ repository, known }: Place) =>
    readRepository({ client, limit, repository, known }).catch((error) => ({
      ...{ repository, failure: messageOf(error) },
    }))

  return {
    method: 'api',
    check: async () => void (await client.ping()),
    read: ({ after, known }) =>
      inOrder(mergeRepositories(catalog(), known, after), REPOSITORIES_AHEAD, async (item) =>
        'failure' in item ? item : read(item),
      ),
    stored: async () => undefined,
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
