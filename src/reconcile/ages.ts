import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import { type Age, isBelievableBuildTime, isDated } from '../usage/age.ts'
import { type Build, makeBuildAges } from './build-ages.ts'
import { makePatience, type RepositoryPatience } from './patience.ts'
import type { RepositoryReading } from './reading.ts'

/** What is known of the manifests of a repository before their ages are looked for. */
export interface Looked {
  /** What the manifests tell that were fetched, by digest. */
  builds: Map<string, Build>
  /** The ages that the index has, by digest. */
  known: Map<string, Age>
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

/** Since when GitLab's tags name what they name, by tag, and since when it has their manifests, by digest. */
interface PublishedAges {
  tags: Map<string, Age>
  manifests: Map<string, Age>
}

const noneAreTold = (): PublishedAges => ({ tags: new Map(), manifests: new Map() })

/** Finds the ages of one run over the API. `now` gives epoch µs. */
export function makeAgeReader(deps: { client: RegistryClient; now: () => number }): AgeReader {
  const { client } = deps
  const patience = makePatience()
  let probe: Promise<boolean | undefined> | undefined

  /** `undefined` if the registry cannot tell now. Then the next repository asks again. */
  async function isGitLab(): Promise<boolean | undefined> {
    if (probe === undefined && !patience.isLeft()) return undefined
    probe ??= client.hasGitLabApi().catch((error) => {
      probe = undefined
      patience.isWorthAnotherTry(error)
      return undefined
    })
    return probe
  }

  /** What GitLab tells. Nothing on another registry. `undefined` if GitLab may tell it later. */
  async function publishedAges(
    { repository, tags, unreadable }: RepositoryReading,
    ofRepository: RepositoryPatience,
    now: number,
  ): Promise<PublishedAges | undefined> {
    const unreadTags = new Set(unreadable.flatMap((one) => ('tag' in one ? [one.tag] : [])))
    if (tags.length + unreadTags.size === 0) return noneAreTold()
    const hasApi = await isGitLab()
    if (hasApi === false) return noneAreTold()
    if (hasApi === undefined || !patience.isLeft()) return undefined
    const digestOf = new Map(tags.map(({ tag, digest }) => [tag, digest]))
    const found = noneAreTold()
    try {
      for await (const { tag, digest, publishedAt } of client.publishedTags(repository)) {
        if (!unreadTags.has(tag) && digestOf.get(tag) !== digest) continue // The tag moved between the two requests.
        const at = Math.min(publishedAt, now) // GitLab's clock may be ahead.
        if (!isBelievableBuildTime(at, now)) continue
        found.tags.set(tag, { source: 'registry', at })
        const earliest = Math.min(at, found.manifests.get(digest)?.at ?? at)
        found.manifests.set(digest, { source: 'registry', at: earliest })
      }
      return found
    } catch (error) {
      // Half a list may lack the earliest tag of a manifest.
      return ofRepository.isWorthAnotherTry(error) ? undefined : noneAreTold()
    }
  }

  return {
    async withAges(reading, { builds, known }, requests) {
      const now = deps.now()
      const ofRepository = patience.forRepository()
      const published = await publishedAges(reading, ofRepository, now)
      // A build may be much older than the push that GitLab knows of.
      if (published === undefined) return reading
      const buildAge = makeBuildAges({
        ...{ client, builds, now },
        patience: ofRepository,
        repository: reading.repository,
        existing: new Set(reading.manifests.map(({ digest }) => digest)),
        unreadable: new Set(reading.unreadable.flatMap((one) => ('digest' in one ? [one.digest] : []))),
        dated: new Map([...[...known].filter(([, age]) => isDated(age)), ...published.manifests]),
      })
      const isKnown = (digest: string) => (known.get(digest)?.source ?? 'seen') !== 'seen'
      const ageOf = async (digest: string) =>
        published.manifests.get(digest) ?? (isKnown(digest) ? undefined : await buildAge(digest))
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
