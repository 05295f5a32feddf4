import { pMapIterable } from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import { isRepositoryName } from '../registry/name.ts'
import { readRepository } from './api-repository.ts'
import type { ReadingFailure, RegistryReader, RepositoryReading } from './reading.ts'
import { compareRepositories, mergeRepositories, type RepositoryToRead } from './repository-order.ts'

/**
 * Repositories read at a time. With up to 4 requests for each (api-repository.ts) there are at most 8 at a time: a small
 * registry does not answer faster with more, and its other clients hardly notice 8.
 */
const REPOSITORIES_AT_ONCE = 2
/** Repositories that are being read or wait for a slow one before them. */
const REPOSITORIES_AHEAD = 4

/**
 * Reads a registry through its API. The API shows no blobs, and no untagged manifests unless something names them: an
 * index that lists them, an artifact whose subject they are, or our own index. The client's user agent is `tallyman`,
 * so that its pulls do not count as use.
 */
export function makeApiReader({ client }: { client: RegistryClient }): RegistryReader {
  async function* catalog(): AsyncGenerator<string | ReadingFailure> {
    const names = new Set<string>()
    try {
      for await (const name of client.catalog()) if (isRepositoryName(name)) names.add(name)
    } catch (error) {
      yield { failure: `the catalog is incomplete: ${messageOf(error)}` }
    }
    yield* [...names].sort(compareRepositories)
  }

  async function read(item: RepositoryToRead): Promise<RepositoryReading | ReadingFailure> {
    const { repository, expected } = item
    try {
      return await readRepository({ client, repository, expected })
    } catch (error) {
      return { repository, failure: messageOf(error) }
    }
  }

  return {
    method: 'api',
    async check() {
      await client.ping()
    },
    read: ({ after, expected }) =>
      pMapIterable(
        mergeRepositories(catalog(), expected, after),
        (item) => ('failure' in item ? item : read(item)),
        { concurrency: REPOSITORIES_AT_ONCE, backpressure: REPOSITORIES_AHEAD },
      ),
    countBlobs: async () => undefined,
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
