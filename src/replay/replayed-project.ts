import type { Decision } from '../expiry/decision.ts'
import { PULL_GRACE_US, type Reference, type StandingFact } from '../usage/fact.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { modelOf, type ProjectModel } from '../usage/model.ts'
import { blobsOf } from '../usage/model-references.ts'
import { compactFacts } from './compact-facts.ts'
import { indexedOf } from './indexed-of.ts'
import type { Entry } from './journal-line.ts'

/** An image, or a tag of one that stays, that the policy would have deleted. Times in epoch µs. */
export interface ReplayedDelete {
  project: string
  repository: string
  digest: string
  tags: string[]
  /** The tag that was deleted alone. */
  tag: string | undefined
  rule: string
  at: number
  /** What it frees, in addition to what was deleted before it; bytes that the project alone counts. 0 for a tag. */
  freedBytes: number
  /** Its manifest, config and layers, each once: digest → bytes. */
  contents: ReadonlyMap<string, number>
  /** Pulls of it after that, until it was pushed again. */
  pulls: number
  firstPullAt: number | undefined
  /** When the recorded past had it pushed again. */
  pushedAgainAt: number | undefined
  /** When the recorded past deleted it, too: whether it would have been pulled later is not known. */
  deletedAt: number | undefined
}

type Present = Extract<StandingFact, { kind: 'present' }>

/** The presence of an image before it was deleted, to put it back. */
type Remembered = Pick<Present, 'size' | 'mediaType' | 'references' | 'extent'>

/** More facts than twice those that were left last time, and so many: then they are compacted. */
const MANY = 1_000

/**
 * One project in a replay: the facts that its index would have, had the policy deleted what it deletes. It is pure.
 *
 * After a delete that only the replay made, the recorded past goes on as if the image were there. So a pull of it is regret, and
 * brings nothing back. A push of it, or of an index that lists it, ends the delete: a client would have sent it again.
 */
export function makeReplayedProject(project: string) {
  let facts: StandingFact[] = []
  let atLeast = MANY
  let model: ProjectModel | undefined
  /** Deletes that are in force, by `repository@digest` or `repository:tag`. */
  const standing = new Map<string, ReplayedDelete>()
  const remembered = new Map<string, Remembered>()

  function add(fact: StandingFact): void {
    facts.push(fact)
    model = undefined
    if (facts.length < atLeast) return
    facts = compactFacts(facts)
    atLeast = Math.max(MANY, 2 * facts.length)
  }

  const current = (): ProjectModel => {
    model ??= modelOf(facts)
    return model
  }

  function pushedAgain(key: string, at: number): void {
    const deleted = standing.get(key)
    if (deleted === undefined || at <= deleted.at) return
    deleted.pushedAgainAt = at
    standing.delete(key)
  }

  /** A client that pushes an index sends each child that the registry lacks. The recorded registry lacked none. */
  function putChildrenBack(repository: string, at: number, references: readonly Reference[]): void {
    for (const { kind, digest } of references) {
      const key = imageKey(repository, digest)
      const known = remembered.get(key)
      if (kind !== 'child' || known === undefined || !standing.has(key)) continue
      pushedAgain(key, at)
      add({ kind: 'present', via: 'push', repository, digest, at, age: { source: 'event', at }, ...known })
      putChildrenBack(repository, at, known.references ?? [])
    }
  }

  /** Whether a pull is of something that is deleted. Then it counts as regret. */
  function isOfDeleted(what: Entry['what'], { repository, digest, tag, at }: Present): boolean {
    const image = standing.get(imageKey(repository, digest))
    const alone = tag === undefined ? undefined : standing.get(tagKey(repository, tag))
    const deleted = image ?? (alone?.digest === digest ? alone : undefined)
    if (deleted === undefined) return false
    // A pull that began before the delete may be told after it, and would have been served.
    // A lookup that a pull has caused tells it again.
    if (what === 'pull' && at > deleted.at + PULL_GRACE_US) {
      deleted.pulls += 1
      deleted.firstPullAt = Math.min(at, deleted.firstPullAt ?? at)
    }
    return true
  }

  function tellPresent(what: Entry['what'], fact: Present): void {
    const { repository, digest, tag, at } = fact
    const key = imageKey(repository, digest)
    if (fact.via === 'pull' && isOfDeleted(what, fact)) return
    if (what === 'push') {
      pushedAgain(key, at)
      if (tag !== undefined) pushedAgain(tagKey(repository, tag), at)
      putChildrenBack(repository, at, fact.references ?? [])
    }
    // A lookup finds at the registry what only the replay deleted.
    if (standing.has(key)) return
    const isTagGone = tag !== undefined && standing.get(tagKey(repository, tag))?.digest === digest
    const { tag: _, ...rest } = fact
    add(isTagGone ? rest : fact)
  }

  /** The recorded past deleted it itself. */
  function noteDeleted(key: string, at: number): void {
    const deleted = standing.get(key)
    if (deleted !== undefined) deleted.deletedAt ??= at
  }

  function noteDropped(repository: string, at: number): void {
    for (const [key, deleted] of standing) if (deleted.repository === repository) noteDeleted(key, at)
  }

  return {
    /** The facts of a snapshot, which were there before. */
    begin: (fact: StandingFact): void => add(fact),

    tell({ what, fact }: Pick<Entry, 'what' | 'fact'>): void {
      if (fact.kind === 'present') {
        tellPresent(what, fact)
        return
      }
      const { repository, at } = fact
      if (fact.kind === 'delete') noteDeleted(imageKey(repository, fact.digest), at)
      if (fact.kind === 'untag') noteDeleted(tagKey(repository, fact.tag), at)
      if (fact.kind === 'drop') noteDropped(repository, at)
      add(fact)
    },

    facts: (): number => facts.length,
    images: (): IndexedImage[] => current().images.map(indexedOf),

    /** Carries out decisions, which are in an order that is safe for deleting. Gives what they delete. */
    apply(decisions: readonly Decision[], at: number): ReplayedDelete[] {
      const { images, held } = current()
      const byKey = new Map(images.map((image) => [imageKey(image.repository, image.digest), image]))
      const contentsOf = (key: string): Map<string, number> => {
        const image = byKey.get(key)
        const digests =
          image === undefined ? [] : [image.digest, ...blobsOf(image).map(({ digest }) => digest)]
        return new Map(digests.map((digest) => [digest, held.get(digest)?.bytes ?? 0]))
      }
      let claims: Map<string, number> | undefined
      const claim = (): Map<string, number> => {
        const counts = new Map<string, number>()
        for (const key of byKey.keys())
          for (const digest of contentsOf(key).keys()) counts.set(digest, (counts.get(digest) ?? 0) + 1)
        return counts
      }
      const freedBy = (contents: ReadonlyMap<string, number>): number => {
        claims ??= claim()
        let bytes = 0
        for (const [digest, size] of contents) {
          const left = (claims.get(digest) ?? 0) - 1
          claims.set(digest, left)
          if (left === 0) bytes += size
        }
        return bytes
      }
      const made: ReplayedDelete[] = []
      for (const { verdict, repository, digest, tags, untag = [], rule } of decisions) {
        const base = { project, repository, digest, tags, rule: rule ?? '', at }
        const later = { pulls: 0, firstPullAt: undefined, pushedAgainAt: undefined, deletedAt: undefined }
        if (verdict === 'untag')
          for (const tag of untag) {
            const deleted = { ...base, ...later, tags: [tag], tag, freedBytes: 0, contents: new Map() }
            standing.set(tagKey(repository, tag), deleted)
            made.push(deleted)
          }
        if (verdict !== 'delete') continue
        const key = imageKey(repository, digest)
        const image = byKey.get(key)
        if (image === undefined) continue
        const contents = contentsOf(key)
        const deleted = { ...base, ...later, tag: undefined, freedBytes: freedBy(contents), contents }
        const { size, mediaType, references } = image
        const extent = image.isResolved ? ('read' as const) : undefined
        remembered.set(key, { size, mediaType, ...(references && { references, ...(extent && { extent }) }) })
        standing.set(key, deleted)
        made.push(deleted)
      }
      for (const { repository, digest, tag } of made)
        add(
          tag === undefined
            ? { kind: 'delete', repository, at, digest }
            : { kind: 'untag', repository, at, tag },
        )
      return made
    },
  }
}
export type ReplayedProject = ReturnType<typeof makeReplayedProject>

const imageKey = (repository: string, digest: string): string => `${repository}@${digest}`
const tagKey = (repository: string, tag: string): string => `${repository}:${tag}`
