import {
  type Fact,
  isSighting,
  type Located,
  type ManifestReferences,
  PULL_GRACE_US,
  type Reference,
  type Sighting,
  viaOf,
} from './fact.ts'
import { lastTagWrites, type TagWrite } from './tag-writes.ts'

/** The counters of a project's index; sizes in bytes, times in epoch µs (0: never). */
export interface Counters {
  unique: number
  referenced: number
  unreferenced: number
  manifests: number
  tags: number
  repositories: number
  /** Manifests whose references are not known yet. */
  unresolved: number
  lastPush: number
  lastPull: number
  pulls: number
  scans: number
}

/** One manifest in one repository. */
export interface Image {
  repository: string
  digest: string
  size: number
  mediaType: string
  references: Reference[] | undefined
  tags: string[]
  pushedAt: number
  pulledAt: number
}

export interface ProjectModel {
  counters: Counters
  images: Image[]
  /** Digest → size of what the project holds: its manifests and all the blobs that they reference. */
  held: Map<string, number>
}

/**
 * The usage index of a project as a function of the set of facts about it. This is the definition. `scripts/apply.lua`
 * computes the same step by step, with the same names, and property tests compare the two. Order, duplication and
 * replay do not matter, since nothing here depends on them.
 */
export function modelOf(facts: readonly Fact[]): ProjectModel {
  const deletedAt = deletionTimes(facts)
  const isAlive = ({ repository, digest, at }: Located, kind: TagWrite['kind']) =>
    at > deletedAt(repository, digest) + (kind === 'pull' ? PULL_GRACE_US : 0)
  const alive = facts.filter(isSighting).filter((sighting) => isAlive(sighting, viaOf(sighting)))

  const images = imagesOf(alive)
  for (const write of lastTagWrites(facts))
    if (write.kind !== 'untag' && isAlive(write, write.kind))
      images.get(`${write.repository}@${write.digest}`)?.tags.push(write.tag)

  const sizes = sizesOf(facts)
  const sizeOf = (digest: string) => sizes.get(digest) ?? 0
  const sum = (digests: Iterable<string>) => [...digests].reduce((total, digest) => total + sizeOf(digest), 0)
  const held = new Map<string, number>()
  let referenced = 0
  for (const image of images.values()) {
    const blobs = blobsOf(image)
    referenced += image.size + blobs.reduce((total, { size }) => total + size, 0)
    for (const { digest } of [image, ...blobs]) held.set(digest, sizeOf(digest))
  }
  const linked = new Set(
    linksOf(facts)
      .filter(({ repository, digest, at }) => at > deletedAt(repository, digest))
      .map(({ digest }) => digest),
  )
  const all = [...images.values()]
  return {
    images: all,
    held,
    counters: {
      unique: sum(held.keys()),
      referenced,
      unreferenced: sum([...linked].filter((digest) => !held.has(digest))),
      manifests: all.length,
      tags: all.reduce((total, { tags }) => total + tags.length, 0),
      repositories: new Set(all.map(({ repository }) => repository)).size,
      unresolved: new Set(all.filter((image) => image.references === undefined).map(({ digest }) => digest))
        .size,
      lastPush: latest(facts, 'push'),
      lastPull: latest(facts, 'pull'),
      pulls: countOnce(facts, 'pull'),
      scans: countOnce(facts, 'scan'),
    },
  }
}

const latest = (facts: readonly Fact[], kind: Fact['kind']): number =>
  facts.reduce((max, fact) => (fact.kind === kind ? Math.max(max, fact.at) : max), 0)

/** An event may be delivered many times. */
const countOnce = (facts: readonly Fact[], kind: 'pull' | 'scan'): number =>
  new Set(facts.flatMap((fact) => (fact.kind === kind && 'id' in fact ? [fact.id] : []))).size

/** When a content was last deleted from a repository, alone or with the whole repository; 0 for never. */
function deletionTimes(facts: readonly Fact[]): (repository: string, digest: string) => number {
  const times = new Map<string, number>()
  for (const fact of facts) {
    if (fact.kind !== 'delete' && fact.kind !== 'drop') continue
    const key = fact.kind === 'drop' ? fact.repository : `${fact.repository}@${fact.digest}`
    times.set(key, Math.max(times.get(key) ?? 0, fact.at))
  }
  return (repository, digest) =>
    Math.max(times.get(repository) ?? 0, times.get(`${repository}@${digest}`) ?? 0)
}

function imagesOf(sightings: readonly Sighting[]): Map<string, Image> {
  const references = referencesByDigest(sightings)
  const images = new Map<string, Image>()
  for (const sighting of sightings) {
    const { at, repository, digest, size, mediaType } = sighting
    const key = `${repository}@${digest}`
    const image = images.get(key) ?? {
      repository,
      digest,
      size,
      mediaType,
      references: references.get(digest),
      tags: [],
      pushedAt: 0,
      pulledAt: 0,
    }
    if (viaOf(sighting) === 'push') image.pushedAt = Math.max(image.pushedAt, at)
    else image.pulledAt = Math.max(image.pulledAt, at)
    images.set(key, image)
  }
  return images
}

/** Of each manifest the references of the greatest extent. */
function referencesByDigest(sightings: readonly Sighting[]): Map<string, Reference[]> {
  const byDigest = new Map<string, Reference[]>()
  for (const sighting of sightings) {
    const { digest, references, extent }: { digest: string } & ManifestReferences = sighting
    if (references !== undefined && (extent === 'all' || !byDigest.has(digest)))
      byDigest.set(digest, references)
  }
  return byDigest
}

const blobsOf = ({ references = [] }: { references?: Reference[] | undefined }): Reference[] =>
  references.filter(({ kind }) => kind === 'blob')

/**
 * Blobs that were linked in a repository: uploaded, mounted, or referenced by a manifest that was pushed. A registry
 * refuses a manifest unless its blobs are linked.
 */
function linksOf(facts: readonly Fact[]): Located[] {
  return facts.flatMap((fact) => {
    if (fact.kind === 'link') return [fact]
    if (!isSighting(fact) || fact.kind === 'pull' || viaOf(fact) === 'pull') return []
    return blobsOf(fact).map(({ digest }) => ({ repository: fact.repository, digest, at: fact.at }))
  })
}

/** Digest → the largest size that a fact states of it. */
function sizesOf(facts: readonly Fact[]): Map<string, number> {
  const sizes = new Map<string, number>()
  const noteDigest = (digest: string, size: number) =>
    sizes.set(digest, Math.max(sizes.get(digest) ?? 0, size))
  for (const fact of facts) {
    if (fact.kind === 'link' || isSighting(fact)) noteDigest(fact.digest, fact.size)
    if (fact.kind === 'push' || fact.kind === 'present')
      for (const { digest, size } of blobsOf(fact)) noteDigest(digest, size)
  }
  return sizes
}
