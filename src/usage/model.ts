import { type Age, ageAfter, ageOfImage, rankOf, type ToldAge, voidAfter } from './age.ts'
import {
  ageOf,
  type Fact,
  graceOf,
  isSighting,
  keptActor,
  type Located,
  type Reference,
  type Sighting,
  viaOf,
} from './fact.ts'
import { blobsOf, listsByDigest } from './model-references.ts'
import { linksOf, type Size, sizesOf } from './model-sizes.ts'
import { contentsSizeOf } from './reference-list.ts'
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
  /** Who made the latest push; '' if it is not known. */
  lastPushedBy: string
}

/** One manifest in one repository. */
export interface Image {
  repository: string
  digest: string
  size: number
  mediaType: string
  references: Reference[] | undefined
  /** Whether `references` are all of them, a subject included. */
  isResolved: boolean
  tags: { name: string; age: Age }[]
  age: Age
  heardSince: number
  pulledAt: number
}

export interface ProjectModel {
  counters: Counters
  images: Image[]
  /** The contents that the project holds, by digest: its manifests and the blobs that they reference. */
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
  const images = imagesOf(alive, (digest) => sizes.get(digest)?.bytes ?? 0, deletedAt)
  for (const write of lastTagWrites(facts))
    if (write.kind !== 'untag' && isAlive(write, write.kind))
      images.get(`${write.repository}@${write.digest}`)?.tags.push({
        name: write.tag,
        age: ageAfter(write.age, write.at, deletedAt(write.repository, write.digest)),
      })

  const sizeOf = (digest: string): Size => sizes.get(digest) ?? { bytes: 0, isMeasured: false }
  const sum = (digests: Iterable<string>) =>
    [...digests].reduce((total, digest) => total + sizeOf(digest).bytes, 0)
  const held = new Map<string, Size>()
  let referenced = 0
  for (const image of images.values()) {
    referenced += image.size + contentsSizeOf(image.references ?? [])
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
      lastPushedBy: lastPusher(facts),
    },
  }
}

/**
 * What the projects of a registry hold together, in bytes. `exclusive` is what each project alone holds, by its own sizes.
 * `total` counts each content once: with its largest measured size, or, if no project measured it, its largest stated one.
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

const latest = (facts: readonly Fact[], kind: Fact['kind']): number =>
  facts.reduce((max, fact) => (fact.kind === kind ? Math.max(max, fact.at) : max), 0)

/** Of several pushes at the same time, the one with the greatest actor (by its bytes) counts. */
const lastPusher = (facts: readonly Fact[]): string => {
  const at = latest(facts, 'push')
  const actors = facts.flatMap((fact) =>
    fact.kind === 'push' && fact.at === at ? [keptActor(fact.actor)] : [],
  )
  return actors.sort((a, b) => Buffer.compare(Buffer.from(b), Buffer.from(a)))[0] ?? ''
}

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

/** By repository and digest. `sightings` are later than every deletion. */
function imagesOf(
  sightings: readonly Sighting[],
  sizeOf: (digest: string) => number,
  deletedAt: (repository: string, digest: string) => number,
): Map<string, Image> {
  const lists = listsByDigest(sightings)
  const groups = Map.groupBy(sightings, ({ repository, digest }) => `${repository}@${digest}`)
  const images = new Map<string, Image>()
  for (const [key, group] of groups) {
    const [first] = group
    if (first === undefined) continue
    const { repository, digest, mediaType } = first
    const list = lists.get(digest)
    const isHeard = (one: Sighting) => ageOf(one)?.source === 'event'
    const pushedAt = latestOf(group, isHeard)
    const foundAt = latestOf(group, (one) => viaOf(one) === 'push' && !isHeard(one))
    const pulledAt = latestOf(group, (one) => viaOf(one) === 'pull')
    images.set(key, {
      ...{ repository, digest, mediaType, size: sizeOf(digest) },
      references: list?.references,
      isResolved: list !== undefined && list.extent !== 'contents',
      tags: [],
      pulledAt,
      ...ageOfImage({ pushedAt, foundAt, told: toldAgeOf(group, deletedAt(repository, digest)), pulledAt }),
    })
  }
  return images
}

const latestOf = (sightings: readonly Sighting[], isMeant: (sighting: Sighting) => boolean): number =>
  Math.max(0, ...sightings.filter(isMeant).map(({ at }) => at))

/** The latest presence that tells the age of the manifest; of those at one time the better source, then the earlier age. */
function toldAgeOf(sightings: readonly Sighting[], deletedAt: number): ToldAge | undefined {
  const told = sightings.flatMap((sighting): ToldAge[] => {
    const age = sighting.tag === undefined ? ageOf(sighting) : undefined
    return age && age.source !== 'event' ? [{ at: sighting.at, age, isVoid: false }] : []
  })
  const rank = ({ age }: ToldAge) => rankOf(age.source)
  const [first] = told.sort((a, b) => b.at - a.at || rank(b) - rank(a) || a.age.at - b.age.at)
  return first && voidAfter(first, deletedAt)
}
