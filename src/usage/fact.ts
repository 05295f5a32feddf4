/**
 * What is known of a project, in the index's own terms. `at` is epoch µs, sizes are bytes.
 *
 * Notifications give `push`, `pull`, `scan`, `link`, `delete`, `untag` and `drop`. `present` says
 * the same of what was read elsewhere (the registry itself, a snapshot, another repository before a rename): it places
 * a manifest, and perhaps a tag, and counts as nobody's use.
 */
export type Fact =
  | ManifestPush
  | ManifestPull
  | ManifestPresence
  | { kind: 'scan'; repository: string; at: number; id: string }
  /** A blob uploaded or mounted. */
  | { kind: 'link'; repository: string; at: number; digest: string; size: number }
  /** A manifest or a blob deleted: registries do not say which. */
  | { kind: 'delete'; repository: string; at: number; digest: string }
  | { kind: 'untag'; repository: string; at: number; tag: string }
  /** A whole repository deleted. */
  | { kind: 'drop'; repository: string; at: number }

/** What an index tells of itself, to make another the same: all but who used what. */
export type StandingFact = Extract<Fact, { kind: 'present' | 'link' | 'delete' | 'untag' | 'drop' }>

/** How strong a sighting is: a pull may be reported after the delete that it preceded, and is only a hint for a tag. */
export type Evidence = 'push' | 'pull'

interface ManifestSight {
  repository: string
  at: number
  digest: string
  /** The manifest's own size; 0 where it is not known. */
  size: number
  /** '' where it is not known. */
  mediaType: string
  /** The tag that led to it at that time; absent where the request named none. */
  tag?: string
}

/** What a manifest refers to, as far as it is known. */
export interface Referring {
  /** Absent where the registry does not send them (`includereferences: false`). */
  references?: Reference[]
  /**
   * How far `references` go. `all`: everything that the manifest names. `contents`, the default: what it is made of;
   * whether it has a `subject` is not known, for notifications do not tell.
   */
  extent?: 'all' | 'contents'
}

export interface ManifestPush extends ManifestSight, Referring {
  kind: 'push'
}

/**
 * A GET, never a HEAD. `id` is the event's own: a pull is counted once, however often it is delivered. What it lists of
 * the manifest's references is not kept: of ten events nine are pulls, and nearly all of what the index knows by a push.
 */
export interface ManifestPull extends ManifestSight {
  kind: 'pull'
  id: string
}

/** The manifest is there, as last pushed or pulled at `at`. */
export interface ManifestPresence extends ManifestSight, Referring {
  kind: 'present'
  via: Evidence
}

/**
 * `child`: a manifest that an index lists. `subject`: the manifest that an artifact is about. `blob`: a config or a
 * layer that the registry stores; the others' sizes count where they are present themselves.
 */
export interface Reference {
  kind: 'blob' | 'child' | 'subject'
  digest: string
  size: number
}

/** How long after a delete a pull may still be reported that began before it, in µs. */
export const PULL_GRACE_US = 5_000_000
