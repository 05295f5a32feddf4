import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import type { Age } from '../usage/age.ts'
import { type Build, makeBuildAges } from './build-ages.ts'
import { makePatience } from './patience.ts'
import type { RepositoryReading } from './reading.ts'

/** What is known of the manifests of a repository before their ages are looked for. */
export interface Looked {
  /** What the manifests tell that were fetched, by digest. */
  builds: Map<string, Build>
  /** The digests of those whose age the index has. */
  dated: Set<string>
}

/** Finds the ages of what a registry holds: docs/registries.md, Ages. */
export interface AgeReader {
  /** The reading, with the ages that are not known yet. `concurrency` is how many requests are sent at a time. */
  withAges(
    reading: RepositoryReading,
    looked: Looked,
    requests: { concurrency: number },
  ): Promise<RepositoryReading>
}

/** Finds the ages of one run over the API. `now` gives epoch µs. */
export function makeAgeReader({ client, now }: { client: RegistryClient; now: () => number }): AgeReader {
  const patience = makePatience()
  let asked: Promise<boolean> | undefined
  const isGitLab = () => {
    asked ??= client.hasGitLabApi()
    return asked
  }

  /** Since when GitLab's tags name what they name, and since when it has these manifests. Empty elsewhere. */
  async function publishedAges({ repository, tags }: RepositoryReading) {
    const none = { tags: new Map<string, Age>(), manifests: new Map<string, Age>() }
    if (tags.length === 0 || !patience.isLeft() || !(await isGitLab())) return none
    const digestOf = new Map(tags.map(({ tag, digest }) => [tag, digest]))
    const found: typeof none = { tags: new Map(), manifests: new Map() }
    try {
      for await (const { tag, digest, publishedAt } of client.publishedTags(repository)) {
        if (digestOf.get(tag) !== digest) continue // The tag moved between the two requests.
        found.tags.set(tag, { source: 'registry', at: publishedAt })
        const at = Math.min(publishedAt, found.manifests.get(digest)?.at ?? publishedAt)
        found.manifests.set(digest, { source: 'registry', at })
      }
      return found
    } catch (error) {
      // Half a list may lack the earliest tag of a manifest.
      patience.isWorthAnotherTry(error)
      return none
    }
  }

  return {
    async withAges(reading, { builds, dated }, requests) {
      const published = await publishedAges(reading)
      const buildAge = makeBuildAges({
        ...{ client, builds, patience, now: now() },
        repository: reading.repository,
        existing: new Set(reading.manifests.map(({ digest }) => digest)),
        unreadable: new Set(reading.unreadable.flatMap((one) => ('digest' in one ? [one.digest] : []))),
      })
      const ageOf = async (digest: string) =>
        published.manifests.get(digest) ?? (dated.has(digest) ? undefined : await buildAge(digest))
      return {
        ...reading,
        tags: reading.tags.map((tag) => withAge(tag, published.tags.get(tag.tag))),
        manifests: await pMap(
          reading.manifests,
          async (manifest) => withAge(manifest, await ageOf(manifest.digest)),
          requests,
        ),
      }
    },
  }
}

const withAge = <T extends object>(item: T, age: Age | undefined): T =>
  age === undefined ? item : { ...item, age }
