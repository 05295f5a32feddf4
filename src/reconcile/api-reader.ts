import { pMapIterable } from 'p-map'
import type { BlobRun, ManifestChecks, Position } from '../integrity/blob-checks.ts'
import type { RegistryClient } from '../registry/client.ts'
import { isRepositoryName } from '../registry/name.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { type AgeReader, makeAgeReader } from './ages.ts'
import { readRepository } from './api-repository.ts'
import { readGitLabSize } from './gitlab-size.ts'
import type { ExpectedRepository, ReadingFailure, RegistryReader, RepositoryReading } from './reading.ts'
import { compareRepositories, mergeRepositories, type RepositoryToRead } from './repository-order.ts'

/**
 * Repositories read at a time. With up to 4 requests for each (api-repository.ts) there are at most 8 at a time: a small
 * registry does not answer faster with more, and its other clients hardly notice 8.
 */
const REPOSITORIES_AT_ONCE = 2
/** Unreferenced blobs that one run asks for, at most; but one in each repository. */
const BLOBS_A_RUN = 2_000
/** Blobs of images that are known to be broken that one run asks for, at most: whoever may push can make some of 40,000 layers. */
const BROKEN_BLOBS_A_RUN = 20_000
/** Repositories that are being read or wait for a slow one before them. */
const REPOSITORIES_AHEAD = 4

/**
 * Reads a registry through its API. `isCache` says that it is a pull-through cache; otherwise it is asked. The API shows no
 * blobs, and no untagged manifests unless something names them: an index that lists them, an artifact whose subject they
 * are, or our own index. The client's user agent is `tallyman`, so that its pulls do not count as use.
 */
export function makeApiReader({
  client,
  listed = () => client.catalog(),
  isCache = false,
  now = () => Date.now() * 1000,
  begin,
}: {
  client: RegistryClient
  /** The names of its repositories; by default its catalog. */
  listed?: (() => AsyncIterable<string>) | undefined
  isCache?: boolean
  /** Begins a run's look at blobs, one by one. Without it, none is looked at but those of images that are known to be broken. */
  begin?: (() => Promise<BlobRun>) | undefined
  /** epoch µs */
  now?: () => number
}): RegistryReader {
  /** The root namespaces of the repositories that were listed last, or that the index had. */
  let namespaces = new Set<string>()

  async function* catalog(
    expected: readonly ExpectedRepository[],
    onListed: (count: number) => void,
  ): AsyncGenerator<string | ReadingFailure> {
    const names = new Set<string>()
    try {
      for await (const name of listed()) if (isRepositoryName(name)) names.add(name)
    } catch (error) {
      yield { failure: `the list of repositories is incomplete: ${messageOf(error)}${adviceFor(error)}` }
    }
    const all = names.union(new Set(expected.map(({ repository }) => repository)))
    namespaces = new Set([...all].map((name) => name.replace(/\/.*/, '')))
    onListed(all.size)
    yield* [...names].sort(compareRepositories)
  }

  /** A cache lists its own repositories, not those of its upstream. If it has none, there is nothing to read. */
  async function firstListed(): Promise<string | undefined> {
    for await (const name of listed()) if (isRepositoryName(name)) return name
    return undefined
  }

  async function read(
    { repository, expected }: RepositoryToRead,
    mostBlobs: number,
    ages: AgeReader,
    checks: ManifestChecks,
  ): Promise<RepositoryReading | ReadingFailure> {
    try {
      return await readRepository({ client, repository, expected, mostBlobs, ages, checks, now: now() })
    } catch (error) {
      return { repository, failure: messageOf(error) }
    }
  }

  return {
    method: 'api',
    async check() {
      await client.ping()
    },
    async answersForUpstream(repository) {
      if (isCache) return true
      try {
        const name = repository ?? (await firstListed())
        return name !== undefined && (await client.refusesPushes(name))
      } catch (error) {
        // It answered something else, for example that our credential may not push.
        if (error instanceof RegistryError && error.status !== undefined) return false
        throw error
      }
    },
    async *read({ after, expected, onListed = () => {}, knownBroken = () => [] }) {
      const run = await begin?.()
      const isBroken = (at: Position) => knownBroken(at.repository).includes(at.digest)
      let leftOfBroken = BROKEN_BLOBS_A_RUN
      const checks: ManifestChecks = {
        takes: (at) => (isBroken(at) ? leftOfBroken > 0 : run?.takes(at) === true),
        spend(at, blobs) {
          if (isBroken(at)) leftOfBroken -= blobs
          else run?.spend(at, blobs)
        },
        pace: async () => run?.pace(),
      }
      const mostBlobs = Math.max(1, Math.floor(BLOBS_A_RUN / Math.max(1, expected.length)))
      const ages = makeAgeReader({ client, now })
      yield* pMapIterable(
        mergeRepositories(catalog(expected, onListed), expected, after),
        (item) => ('failure' in item ? item : read(item, mostBlobs, ages, checks)),
        { concurrency: REPOSITORIES_AT_ONCE, backpressure: REPOSITORIES_AHEAD },
      )
      await run?.end()
    },
    holds: async (repository, digest) => (await client.headManifest(repository, digest)) !== undefined,
    countBlobs: async () => undefined,
    gitlabSize: () => readGitLabSize(client, namespaces, now),
  }
}

/** GitLab denies its catalog to everyone. */
const adviceFor = (error: unknown): string =>
  error instanceof RegistryError && (error.status === 401 || error.status === 403)
    ? '; if the registry denies its catalog, its entry in the configuration needs `gitlab` or `repositories`'
    : ''

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
