import { StringDecoder } from 'node:string_decoder'
import { type Age, hasOwnTime } from './age.ts'

/**
 * A fact about a project, in the index's own terms. `at` is epoch µs, sizes are bytes.
 *
 * Notifications give `push`, `pull`, `scan`, `link`, `delete`, `untag` and `drop`. A `present` comes from elsewhere:
 * from the registry itself, a HEAD, a snapshot, or another repository before a rename. It says what a push or pull says of
 * a manifest and its tag, and is not counted in `pulls`.
 *
 * A `push`, a `pull` and a `present` are sightings: each says that a manifest was in a repository at a time.
 */
export type Fact =
  | ManifestPush
  | ManifestPull
  | ManifestPresence
  /** A scanner pulled a manifest. */
  | { kind: 'scan'; repository: string; at: number; id: string }
  /** A blob was uploaded or mounted. The registry measured `size`; 0 if it told none, `ABSENT` if it has lost the content. */
  | { kind: 'link'; repository: string; at: number; digest: string; size: number }
  /** A manifest or a blob was deleted. The notification does not say which of the two (docs/registries.md, Events). */
  | { kind: 'delete'; repository: string; at: number; digest: string }
  /** A tag was deleted. */
  | { kind: 'untag'; repository: string; at: number; tag: string }
  /** A whole repository was deleted. */
  | { kind: 'drop'; repository: string; at: number }

/** The facts from which an index can be made again, except for use. `UsageIndex.facts` gives these. */
export type StandingFact = Extract<Fact, { kind: 'present' | 'link' | 'delete' | 'untag' | 'drop' }>

/**
 * What proves a sighting. A pull is weaker: it may be reported after a delete that it preceded, and a push or untag
 * of a tag always beats it.
 */
export type Evidence = 'push' | 'pull'

export type Sighting = ManifestPush | ManifestPull | ManifestPresence

export const isSighting = (fact: Fact): fact is Sighting =>
  fact.kind === 'push' || fact.kind === 'pull' || fact.kind === 'present'

export const viaOf = (sighting: Sighting): Evidence =>
  sighting.kind === 'present' ? sighting.via : sighting.kind

/** A content in a repository at a time, in epoch µs. */
export interface Located {
  repository: string
  digest: string
  at: number
}

interface ManifestSighting extends Located {
  /** The size of the manifest itself, as the registry measured it. 0 if it told none. */
  size: number
  /** '' if it is not known. */
  mediaType: string
  /** The tag that the request named, which pointed to the manifest at that time. Absent if it named none. */
  tag?: string
}

export type Extent = 'contents' | 'all' | 'read'

interface Attributed {
  /** Who pushed: the login name at the registry. Absent if it is not known. Kept as `keptActor` cuts it. */
  actor?: string
}

export interface ManifestReferences {
  /** Absent if the registry does not send them (`includereferences: false`). */
  references?: Reference[]
  /**
   * `contents`, the default: `references` are all but a `subject`, which notifications leave out. `all`: they are all, as an
   * event told. `read`: they are all, read from the registry and checked with the digest; these beat what events told.
   */
  extent?: Extent
}

export interface ManifestPush extends ManifestSighting, ManifestReferences, Attributed {
  kind: 'push'
}

/**
 * A GET of a manifest. A HEAD, which registries report as a pull, too, is a `present` (docs/usage.md, Pulls). `id` is the
 * event's own, so that a pull that is delivered twice counts once. A pull has no references: nine of ten events are
 * pulls, and the index has the references of nearly all manifests from a push.
 */
export interface ManifestPull extends ManifestSighting {
  kind: 'pull'
  id: string
}

/** The manifest was in the repository at `at`. */
export interface ManifestPresence extends ManifestSighting, ManifestReferences, Attributed {
  kind: 'present'
  /** `pull`: somebody used it. */
  via: Evidence
  /**
   * Of a presence as of a push: since when the tag names the manifest, or, without a tag, since when the repository has it.
   * With source `event` the fact repeats a push that was heard at `at`. Absent if the fact does not tell.
   */
  age?: Age
}

/**
 * `blob`: a config or a layer that the registry stores. `child`: a manifest that an index lists. `subject`: the
 * manifest that an artifact is about. `size` is what the manifest states; 0 if it states none. Only a blob's counts: the
 * size of another manifest counts where it is present.
 */
export interface Reference {
  kind: 'blob' | 'child' | 'subject'
  digest: string
  size: number
}

/** A pull that began before a delete may be reported as late as this after it, in µs (docs/usage.md, Facts). */
export const PULL_GRACE_US = 5_000_000

/** By how much a sighting or an untag must be later than a deletion to be believed, in µs. */
export const graceOf = (kind: Evidence | 'untag'): number => (kind === 'pull' ? PULL_GRACE_US : 0)

/**
 * How old an event may be when it is applied, in µs: 30 days. A registry repeats a delivery for as long as it runs, so
 * events are late by as long as Tallyman was away. An older event comes from a clock that was never set, or a reconcile
 * has read since what it says.
 */
export const MAX_EVENT_AGE_US = 30 * 86_400_000_000

/**
 * How long the index remembers a deletion, in µs: a day longer than the age of any event that is still applied. So no
 * event brings back what was deleted after it.
 */
export const DELETIONS_KEPT_US = MAX_EVENT_AGE_US + 86_400_000_000

/**
 * The size that a link tells of a blob that manifests name and that the registry was seen not to have: it counts as 0 bytes,
 * measured. Only a reconcile tells it (src/integrity).
 */
export const ABSENT = 2 ** 40 - 1

/** The largest size that is believed, in bytes: 1 TiB. The sum of some thousand such sizes is exact in a double. */
export const MAX_SIZE = ABSENT - 1

/**
 * The bytes of an actor's name that are kept. With at most these, the record of a tag has 64 bytes, the most that a table
 * keeps in its small hashes (`scripts/table.lua`).
 */
const MAX_ACTOR_BYTES = 40

/** What is kept of an actor's name: its beginning, cut at a character. '' if it is not known. */
export const keptActor = (actor = ''): string =>
  Buffer.byteLength(actor) <= MAX_ACTOR_BYTES
    ? actor
    : new StringDecoder('utf8').write(Buffer.from(actor).subarray(0, MAX_ACTOR_BYTES))

/** Whether a kept name may be the beginning of a longer one. It is cut at a character, which has up to four bytes. */
export const mayBeCut = (actor: string): boolean => Buffer.byteLength(actor) > MAX_ACTOR_BYTES - 4

/** The age that a fact tells of a tag, or, without a tag, of a manifest. `undefined` if it tells none. */
export function ageOf(fact: Sighting): Age | undefined {
  if (fact.kind === 'push') return { at: fact.at, source: 'event' }
  if (fact.kind === 'pull' || fact.via === 'pull' || fact.age === undefined) return undefined
  const { source, at } = fact.age
  return { at: hasOwnTime(source) ? at : fact.at, source }
}

/**
 * Whether a fact tells of a tag that was found, and not heard of. If a rename gives it a later time, that must be later than
 * its image's: it may be a fresh tag, and must not get the image's age (age-of-tag.ts).
 */
export const isFoundTag = (fact: Fact): boolean =>
  fact.kind === 'present' && fact.via === 'push' && fact.tag !== undefined && fact.age?.source !== 'event'

/** A size, or 0 (not known) if it cannot be true. */
export const believableSize = (size: number): number => (size <= MAX_SIZE ? size : 0)
