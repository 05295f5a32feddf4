import { configTime, IMAGE_CONFIGS } from '../registry/build-time.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type ParsedManifest, parseManifest } from '../registry/manifest.ts'
import { type Age, isBelievableBuildTime } from '../usage/age.ts'
import type { Patience } from './patience.ts'

/** Children of one index whose ages are looked for. An index of ten platforms, each with an attestation, has 20. */
const MOST_CHILDREN = 100

/** What a manifest tells of when its image was built. */
export interface Build {
  /** What its annotations state, in epoch µs, if it is believed. */
  at?: number
  /** The digest of its config, if that may state a time. */
  config?: string
  children: string[]
}

export function buildOf({ statedAt, config, children }: ParsedManifest, now: number): Build {
  return {
    ...(statedAt !== undefined && isBelievableBuildTime(statedAt, now) && { at: statedAt }),
    ...(config !== undefined && IMAGE_CONFIGS.includes(config.mediaType) && { config: config.digest }),
    children: children.map(({ digest }) => digest),
  }
}

/**
 * Finds when the images of one repository were built. Returns a function that gives the age of a manifest: `image`, or
 * `undated` if nothing tells it, or `undefined` if that is to be asked again, in a later run.
 */
export function makeBuildAges(deps: {
  client: RegistryClient
  repository: string
  /** What the manifests tell that were fetched already, by digest. */
  builds: ReadonlyMap<string, Build>
  /** The digests of the manifests that the repository has. */
  existing: ReadonlySet<string>
  /** The digests of the manifests that could not be read. */
  unreadable: ReadonlySet<string>
  patience: Patience
  /** epoch µs */
  now: number
}): (digest: string) => Promise<Age | undefined> {
  const { client, repository, existing, patience, now } = deps
  const ages = new Map<string, Promise<Age | undefined>>()
  const undated: Age = { source: 'undated', at: now }

  function ageOf(digest: string): Promise<Age | undefined> {
    const age = ages.get(digest) ?? findAge(digest)
    ages.set(digest, age)
    return age
  }

  async function findAge(digest: string): Promise<Age | undefined> {
    const known = deps.builds.get(digest)
    const isToldAlready = known !== undefined && (known.at !== undefined || known.config === undefined)
    if (!isToldAlready && !patience.mayAsk()) return undefined
    try {
      const build = known ?? (await fetchBuild(digest))
      if (build === undefined) return undefined
      const at = build.at ?? (build.config && (await builtAt(build.config)))
      return at ? { source: 'image', at } : await youngestOf(build.children)
    } catch (error) {
      return patience.isWorthAnotherTry(error) ? undefined : undated
    }
  }

  async function fetchBuild(digest: string): Promise<Build | undefined> {
    const found = await client.getManifest(repository, digest)
    return found && buildOf(parseManifest(found.bytes, found.descriptor.mediaType), now)
  }

  async function builtAt(config: string): Promise<number | undefined> {
    const at = configTime(await client.getConfig(repository, config))
    return at !== undefined && isBelievableBuildTime(at, now) ? at : undefined
  }

  /** An index is as old as the youngest of its images. It is asked again in a later run unless each of them was. */
  async function youngestOf(children: string[]): Promise<Age | undefined> {
    if (children.length > MOST_CHILDREN) return undated
    if (children.some((child) => deps.unreadable.has(child))) return undefined
    let youngest = undated
    for (const child of children.filter((digest) => existing.has(digest))) {
      const age = await ageOf(child)
      if (age === undefined) return undefined
      if (age.source === 'image' && (youngest === undated || age.at > youngest.at)) youngest = age
    }
    return youngest
  }

  return ageOf
}
