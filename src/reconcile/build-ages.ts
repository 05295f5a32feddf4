import { configTime, IMAGE_CONFIGS } from '../registry/build-time.ts'
import type { RegistryClient } from '../registry/client.ts'
import { type ParsedManifest, parseManifest } from '../registry/manifest.ts'
import { type Age, isBelievableBuildTime } from '../usage/age.ts'
import type { RepositoryPatience } from './patience.ts'

/** Manifests below one index whose ages are looked for. An index of ten platforms, each with an attestation, has 20. */
const MOST_BELOW = 100
/** Levels of indexes in an index. Usually there is none. */
const MOST_LEVELS = 10

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

/** What a manifest and its config tell together: the later of their times (epoch µs), and the children. */
type Told = Pick<Build, 'at' | 'children'>

/**
 * Finds when the images of one repository were built. Returns a function that gives the age of a manifest: `image`, or
 * `undated` if nothing tells it, or `undefined` if that is to be asked again, in a later run.
 */
export function makeBuildAges(deps: {
  client: RegistryClient
  repository: string
  /** What the manifests tell that were fetched already, by digest. */
  builds: ReadonlyMap<string, Build>
  /** The ages that are known and have a time, by digest. */
  dated: ReadonlyMap<string, Age>
  /** The digests of the manifests that the repository has. */
  existing: ReadonlySet<string>
  /** The digests of the manifests that could not be read. */
  unreadable: ReadonlySet<string>
  patience: RepositoryPatience
  /** epoch µs */
  now: number
}): (digest: string) => Promise<Age | undefined> {
  const { client, repository, builds, dated, existing, unreadable, patience, now } = deps
  const asked = new Map<string, Promise<Told | undefined>>()
  const undated: Age = { source: 'undated', at: now }

  /** Asks for each manifest once. `undefined` if it is to be asked again, in a later run. */
  function toldBy(digest: string): Promise<Told | undefined> {
    const told = asked.get(digest) ?? ask(digest)
    asked.set(digest, told)
    return told
  }

  async function ask(digest: string): Promise<Told | undefined> {
    const known = builds.get(digest)
    if (known !== undefined && known.config === undefined) return known
    if (!patience.mayAsk()) return undefined
    try {
      const build = known ?? (await fetchBuild(digest))
      if (build?.config === undefined) return build
      const { at, children } = build
      // The annotation alone does not count: many builders copy it from the base image.
      return told(later(at, await builtAt(build.config)), children)
    } catch (error) {
      return patience.isWorthAnotherTry(error) ? undefined : told(undefined, [])
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

  /** The latest time of a manifest and of all below it. It is asked again in a later run unless each of them was. */
  return async (digest) => {
    let latest: number | undefined
    let below = 0
    let level = [digest]
    for (let depth = 0; level.length > 0; depth++) {
      if (depth > MOST_LEVELS) return undated
      const children: string[] = []
      for (const one of level) {
        const age = depth === 0 ? undefined : dated.get(one)
        const read = age ? told(age.at, []) : unreadable.has(one) ? undefined : await toldBy(one)
        if (read === undefined) return undefined
        below += read.children.length
        if (below > MOST_BELOW) return undated
        latest = later(latest, read.at)
        children.push(...read.children)
      }
      level = children.filter((child) => existing.has(child) || unreadable.has(child))
    }
    return latest === undefined ? undated : { source: 'image', at: latest }
  }
}

const told = (at: number | undefined, children: string[]): Told => ({
  ...(at !== undefined && { at }),
  children,
})

const later = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.max(one, other)
