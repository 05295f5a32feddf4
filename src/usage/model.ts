import {
  type Evidence,
  type Fact,
  type ManifestPresence,
  type ManifestPull,
  type ManifestPush,
  PULL_GRACE_US,
  type Reference,
  type Referring,
} from './fact.ts'

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
  /** Digest → size of what the project holds: its manifests and all they reference, each once. */
  held: Map<string, number>
}

/**
 * The usage index of a project as a function of the set of facts known about it: the definition that
 * `scripts/apply.lua` keeps up incrementally, and that property tests compare it with. Order, duplication and
 * replay cannot matter here, for nothing depends on them.
 */
export function modelOf(facts: readonly Fact[]): ProjectModel {
  const deletedAt = tombstonesOf(facts)
  const isAlive = (via: Evidence, { repository, digest, at }: Sight | Placement) =>
    at > deletedAt(repository, digest) + (via === 'pull' ? PULL_GRACE_US : 0)
  const alive = facts.filter((fact) => isSight(fact)).filter((sight) => isAlive(evidenceOf(sight), sight))
  const references = referencesOf(alive)

  const images = imagesOf(alive, references)
  for (const placement of tagWinners(facts)) {
    const { repository, digest, tag, via } = placement
    if (isAlive(via, placement)) images.get(`${repository}@${digest}`)?.tags.push(tag)
  }

  const sizes = sizesOf(facts)
  const held = new Map<string, number>()
  const hold = (digest: string) => held.set(digest, sizes.get(digest) ?? 0)
  let referenced = 0
  for (const image of images.values()) {
    const blobs = (image.references ?? []).filter((ref) => ref.kind === 'blob')
    referenced += image.size + blobs.reduce((sum, ref) => sum + ref.size, 0)
    for (const digest of [image.digest, ...blobs.map((ref) => ref.digest)]) hold(digest)
  }
  const linked = new Set(
    linksOf(facts)
      .filter((link) => link.at > deletedAt(link.repository, link.digest))
      .map((link) => link.digest),
  )
  const sum = (digests: Iterable<string>) =>
    [...digests].reduce((n, digest) => n + (sizes.get(digest) ?? 0), 0)
  const all = [...images.values()]
  return {
    images: all,
    held,
    counters: {
      unique: sum(held.keys()),
      referenced,
      unreferenced: sum([...linked].filter((digest) => !held.has(digest))),
      manifests: all.length,
      tags: all.reduce((n, image) => n + image.tags.length, 0),
      repositories: new Set(all.map((image) => image.repository)).size,
      unresolved: new Set(all.filter((i) => i.references === undefined).map((i) => i.digest)).size,
      lastPush: latest(facts, 'push'),
      lastPull: latest(facts, 'pull'),
      pulls: countIds(facts, 'pull'),
      scans: countIds(facts, 'scan'),
    },
  }
}

type Sight = ManifestPush | ManifestPull | ManifestPresence

const isSight = (fact: Fact): fact is Sight =>
  fact.kind === 'push' || fact.kind === 'pull' || fact.kind === 'present'

const evidenceOf = (sight: Sight): Evidence => (sight.kind === 'present' ? sight.via : sight.kind)

/** Of what is known of a manifest's references, the most. */
function referencesOf(sights: readonly Sight[]): Map<string, Reference[]> {
  const known = new Map<string, Reference[]>()
  for (const sight of sights) {
    const { digest, references, extent }: { digest: string } & Referring = sight
    if (references !== undefined && (extent === 'all' || !known.has(digest))) known.set(digest, references)
  }
  return known
}

const latest = (facts: readonly Fact[], kind: Fact['kind']): number =>
  facts.reduce((max, fact) => (fact.kind === kind ? Math.max(max, fact.at) : max), 0)

const countIds = (facts: readonly Fact[], kind: 'pull' | 'scan'): number =>
  new Set(facts.flatMap((fact) => (fact.kind === kind && 'id' in fact ? [fact.id] : []))).size

/** When a digest in a repository was last deleted, by itself or with the repository; 0 if never. */
function tombstonesOf(facts: readonly Fact[]): (repository: string, digest: string) => number {
  const at = new Map<string, number>()
  for (const fact of facts) {
    if (fact.kind !== 'delete' && fact.kind !== 'drop') continue
    const key = fact.kind === 'drop' ? fact.repository : `${fact.repository}@${fact.digest}`
    at.set(key, Math.max(at.get(key) ?? 0, fact.at))
  }
  return (repository, digest) => Math.max(at.get(repository) ?? 0, at.get(`${repository}@${digest}`) ?? 0)
}

function imagesOf(alive: readonly Sight[], references: Map<string, Reference[]>): Map<string, Image> {
  const images = new Map<string, Image>()
  for (const sight of alive) {
    const { at, repository, digest, size, mediaType } = sight
    const key = `${repository}@${digest}`
    const image = images.get(key) ?? {
      ...{ repository, digest, size, mediaType, tags: [], pushedAt: 0, pulledAt: 0 },
      references: references.get(digest),
    }
    if (evidenceOf(sight) === 'push') image.pushedAt = Math.max(image.pushedAt, at)
    else image.pulledAt = Math.max(image.pulledAt, at)
    images.set(key, image)
  }
  return images
}

interface Placement {
  via: Evidence
  repository: string
  at: number
  tag: string
  digest: string
}

/**
 * The last writer of each tag, unless that was its deletion. A pull is only a hint (a registry may still serve
 * the old digest while a push is on its way) and counts where no push or deletion of the tag is known.
 */
function tagWinners(facts: readonly Fact[]): Placement[] {
  const winners = new Map<string, Placement | Untag>()
  for (const fact of facts) {
    const placement = placementOf(fact)
    if (placement === undefined) continue
    const key = `${placement.repository}:${placement.tag}`
    const before = winners.get(key)
    if (before === undefined || beats(placement, before)) winners.set(key, placement)
  }
  return [...winners.values()].filter((winner) => 'digest' in winner)
}

type Untag = Extract<Fact, { kind: 'untag' }>

function placementOf(fact: Fact): Placement | Untag | undefined {
  if (fact.kind === 'untag') return fact
  if (!isSight(fact) || fact.tag === undefined) return undefined
  const { repository, at, tag, digest } = fact
  return { via: evidenceOf(fact), repository, at, tag, digest }
}

function beats(a: Placement | Untag, b: Placement | Untag): boolean {
  const isHint = (one: Placement | Untag) => 'via' in one && one.via === 'pull'
  if (isHint(a) !== isHint(b)) return isHint(b)
  if (a.at !== b.at) return a.at > b.at
  if (!('digest' in a) || !('digest' in b)) return !('digest' in a)
  return a.digest > b.digest
}

/** Uploads and mounts, and what a pushed manifest references: a registry refuses it unless its blobs are linked. */
function linksOf(facts: readonly Fact[]): { repository: string; digest: string; at: number }[] {
  return facts.flatMap((fact) => {
    if (fact.kind === 'link') return [fact]
    if (!isSight(fact) || evidenceOf(fact) !== 'push') return []
    const blobs = ('references' in fact ? (fact.references ?? []) : []).filter((ref) => ref.kind === 'blob')
    return blobs.map(({ digest }) => ({ repository: fact.repository, digest, at: fact.at }))
  })
}

function sizesOf(facts: readonly Fact[]): Map<string, number> {
  const sizes = new Map<string, number>()
  const learn = (digest: string, size: number) => sizes.set(digest, Math.max(sizes.get(digest) ?? 0, size))
  for (const fact of facts) {
    if (fact.kind === 'link') learn(fact.digest, fact.size)
    if (!isSight(fact)) continue
    learn(fact.digest, fact.size)
    for (const ref of ('references' in fact && fact.references) || [])
      if (ref.kind === 'blob') learn(ref.digest, ref.size)
  }
  return sizes
}
