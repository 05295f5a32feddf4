import { digestKey } from './codec.ts'
import {
  believableSize,
  type Fact,
  isSighting,
  type Located,
  type ManifestPresence,
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
  /** Manifests whose references, or whose subject, are not known yet. */
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
  /** Whether `references` are all that the manifest names, a subject too. */
  isResolved: boolean
  tags: string[]
  pushedAt: number
  pulledAt: number
}

/** A content's size in bytes. */
export interface Size {
  bytes: number
  /** Whether the registry measured it. Else manifests state it. */
  isMeasured: boolean
}

export interface ProjectModel {
  counters: Counters
  images: Image[]
  /** What the project holds, by digest: its manifests and all the blobs that they reference. */
  held: Map<string, Size>
}

/**
 * The usage index of a project as a function of the set of facts about it. This is the definition. `scripts/apply.lua`
 * computes the same step by step, with the same names, and property tests compare the two. Order, duplication and
 * replay do not matter, since nothing here depends on them.
 */
export function modelOf(facts: readonly Fact[]): ProjectModel {
  const deletedAt = deletionTimes(facts)
  const isAlive = ({ repository, digest, at }: Located, kind: TagWrite['kind']) =>
    at > deletedAt(repository, digest) + graceOf(kind)
  const alive = facts.filter(isSighting).filter((sighting) => isAlive(sighting, viaOf(sighting)))
  const linked = linksOf(facts).filter((link) => isAlive(link, 'push'))

  const sizes = sizesOf(alive, linked)
  const images = imagesOf(alive, (digest) => sizes.get(digest)?.bytes ?? 0)
  for (const write of lastTagWrites(facts))
    if (write.kind !== 'untag' && isAlive(write, write.kind))
      images.get(`${write.repository}@${write.digest}`)?.tags.push(write.tag)

  const sizeOf = (digest: string): Size => sizes.get(digest) ?? { bytes: 0, isMeasured: false }
  const sum = (digests: Iterable<string>) =>
    [...digests].reduce((total, digest) => total + sizeOf(digest).bytes, 0)
  const held = new Map<string, Size>()
  let referenced = 0
  for (const image of images.values()) {
    referenced += image.size + contentsSizeOf(image.references)
    for (const { digest } of [image, ...blobsOf(image)]) held.set(digest, sizeOf(digest))
  }
  const all = [...images.values()]
  return {
    images: all,
    held,
    counters: {
      unique: sum(held.keys()),
      referenced,
      unreferenced: sum(new Set(linked.map(({ digest }) => digest).filter((digest) => !held.has(digest)))),
      manifests: all.length,
      tags: all.reduce((total, { tags }) => total + tags.length, 0),
      repositories: new Set(all.map(({ repository }) => repository)).size,
      unresolved: new Set(all.filter(({ isResolved }) => !isResolved).map(({ digest }) => digest)).size,
      lastPush: latest(facts, 'push'),
      lastPull: latest(facts, 'pull'),
      pulls: countOnce(facts, 'pull'),
      scans: countOnce(facts, 'scan'),
    },
  }
}

/**
 * What the projects of a registry hold together. `exclusive` has, for each project, the bytes that it alone holds, by its
 * own sizes. `total` counts each content once: with the largest size that a project measured, or else with the largest
 * one that a project states.
 */
export function registryModelOf(projects: readonly ProjectModel['held'][]): {
  exclusive: number[]
  total: number
} {
  const holders = new Map<string, Size[]>()
  for (const held of projects)
    for (const [digest, size] of held) holders.set(digest, [...(holders.get(digest) ?? []), size])
  const counted = (sizes: readonly Size[]) => {
    const measured = sizes.filter(({ isMeasured }) => isMeasured)
    return Math.max(...(measured.length > 0 ? measured : sizes).map(({ bytes }) => bytes))
  }
  return {
    exclusive: projects.map((held) =>
      [...held].reduce(
        (sum, [digest, { bytes }]) => sum + (holders.get(digest)?.length === 1 ? bytes : 0),
        0,
      ),
    ),
    total: [...holders.values()].reduce((sum, sizes) => sum + counted(sizes), 0),
  }
}

const graceOf = (kind: TagWrite['kind']): number => (kind === 'pull' ? PULL_GRACE_US : 0)

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

/** `sightings`: those that are later than every deletion. */
function imagesOf(sightings: readonly Sighting[], sizeOf: (digest: string) => number): Map<string, Image> {
  const lists = listsByDigest(sightings)
  const images = new Map<string, Image>()
  for (const sighting of sightings) {
    const { at, repository, digest, mediaType } = sighting
    const key = `${repository}@${digest}`
    const list = lists.get(digest)
    const image = images.get(key) ?? {
      repository,
      digest,
      size: sizeOf(digest),
      mediaType,
      references: list?.references,
      isResolved: list?.extent === 'all',
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

/**
 * Digest → what the manifest references. Sightings may differ: events lack the subject, and some lack sizes. The greatest
 * list holds: the one of greater extent, then that of more bytes, then the first by its bytes in `scripts/project.lua`.
 */
function listsByDigest(sightings: readonly Sighting[]): Map<string, Required<ManifestReferences>> {
  const byDigest = new Map<string, Required<ManifestReferences>>()
  for (const { digest, references, extent = 'contents' } of sightings as ManifestPresence[]) {
    if (references === undefined) continue
    const list = { references, extent }
    const other = byDigest.get(digest)
    if (other === undefined || isGreater(rankOf(list), rankOf(other))) byDigest.set(digest, list)
  }
  return byDigest
}

function rankOf({ references, extent }: Required<ManifestReferences>): (number | string)[] {
  const ofKind = (wanted: Reference['kind']) => references.filter(({ kind }) => kind === wanted)
  const kinds = (['blob', 'child', 'subject'] as const).map(ofKind)
  const sizes = ofKind('blob').map(({ size }) => believableSize(size))
  const width = sizes.reduce((bytes, size) => Math.max(bytes, Math.ceil(Math.log2(size + 1) / 8)), 1)
  return [
    extent === 'all' ? 2 : 1,
    contentsSizeOf(references),
    ...kinds.map(({ length }) => length),
    width,
    ...kinds.flat().map(({ digest }) => digestKey(digest)),
    ...sizes,
  ]
}

function isGreater(rank: readonly (number | string)[], other: readonly (number | string)[]): boolean {
  const n = rank.findIndex((value, i) => value !== other[i])
  const [a, b] = [rank[n], other[n]]
  return a !== undefined && b !== undefined && a > b
}

const blobsOf = ({ references = [] }: { references?: Reference[] | undefined }): Reference[] =>
  references.filter(({ kind }) => kind === 'blob')

/** Bytes that a manifest states of its config and layers, as often as it lists them. */
const contentsSizeOf = (references: Reference[] | undefined): number =>
  blobsOf({ references }).reduce((sum, { size }) => sum + believableSize(size), 0)

interface Link extends Located {
  /** 0 if it was told without a size. */
  size: number
}

/**
 * Blobs that were linked in a repository: uploaded, mounted, or referenced by a manifest that was pushed. A registry
 * refuses a manifest unless its blobs are linked, but the manifest's word on their sizes is no measurement.
 */
function linksOf(facts: readonly Fact[]): Link[] {
  return facts.flatMap((fact): Link[] => {
    if (fact.kind === 'link') return [fact]
    if (!isSighting(fact) || fact.kind === 'pull' || viaOf(fact) === 'pull') return []
    return blobsOf(fact).map(({ digest }) => ({ repository: fact.repository, digest, at: fact.at, size: 0 }))
  })
}

/**
 * Digest → size. A size that the registry measured beats one that manifests state: the manifest's own size, as its latest
 * sighting told it, then the size that the latest link told. Without these, the largest size that a manifest states. So
 * a false statement goes away with its manifest. `sightings` and `links` are those later than every deletion.
 */
function sizesOf(sightings: readonly Sighting[], links: readonly Link[]): Map<string, Size> {
  const sizes = new Map<string, Size>()
  for (const list of listsByDigest(sightings).values())
    for (const { digest, size } of blobsOf(list)) {
      const bytes = Math.max(sizes.get(digest)?.bytes ?? 0, believableSize(size))
      sizes.set(digest, { bytes, isMeasured: false })
    }
  const measure = ({ digest, size }: { digest: string; size: number }) =>
    sizes.set(digest, { bytes: size, isMeasured: true })
  for (const link of latestSizes(links)) measure(link)
  const told = sightings.map((sighting) => ({ ...sighting, at: sighting.at - graceOf(viaOf(sighting)) }))
  for (const sighting of latestSizes(told)) measure(sighting)
  return sizes
}

/** Of each digest the latest entry with a size; of several at one time the largest. */
function latestSizes(told: readonly { digest: string; at: number; size: number }[]) {
  const latest = new Map<string, { digest: string; at: number; size: number }>()
  for (const { digest, at, size } of told) {
    const other = latest.get(digest)
    if (believableSize(size) === 0) continue
    if (other === undefined || at > other.at || (at === other.at && size > other.size))
      latest.set(digest, { digest, at, size })
  }
  return latest.values()
}
