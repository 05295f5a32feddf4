/** The dialects: retention policies of other systems, read as their own API returns them, and decided as they decide. */

/** A tag, and when it was set, in epoch µs; `null` if that is not known. */
export interface PolicyTag {
  name: string
  taggedAt: number | null
}

/** What a retention policy may look at in a manifest. Times are in epoch µs. */
export interface PolicyImage {
  repository: string
  digest: string
  tags: readonly PolicyTag[]
  /** `null` if it is not known. */
  pushedAt: number | null
  /** `null` if it was never pulled. */
  pulledAt: number | null
  /** When it was built; `null` if it is not known. */
  createdAt: number | null
  /** '' if it is not known. */
  mediaType: string
  labels: Readonly<Record<string, string>>
  /** Digests of the manifests that it lists. */
  children: readonly string[]
  /** The digest of the image that it signs or describes, or `null`. */
  subject: string | null
  /** Whether the registry refuses to change its tags. */
  immutable: boolean
}

/** What all images of a decision have in common. */
export interface Scene {
  images: readonly PolicyImage[]
  /** epoch µs */
  now: number
  /** The name of the project, for systems whose selectors do not see it; '' if there is none. */
  project: string
}

/** The verdict on one tag, or on a whole manifest. */
export interface Verdict {
  image: PolicyImage
  /** Absent if the verdict is on the manifest: in dialects that decide by digest, and on untagged manifests. */
  tag?: string
  isKept: boolean
  /** A sentence without its full stop: `it is among the 10 newest that "v*" matches`. */
  reason: string
}

export interface Outcome {
  /** One for each manifest, or one for each tag and each untagged manifest. In the order of the images. */
  verdicts: Verdict[]
  /** Where the policy does something else than its author may think. A sentence each. */
  warnings: string[]
  /** Manifests that stay though all their tags expire, each with the reason. Absent if there are none in any case. */
  stays?: ReadonlyMap<PolicyImage, string>
}

/** A policy that was read and is valid. */
export type Decide = (scene: Scene) => Outcome

export interface Dialect {
  /** Whether the original deletes manifests or tags. */
  unit: 'digest' | 'tag'
  /** Whether it decides on manifests without tags, too. If not, it keeps them. */
  decidesUntagged: boolean
  /** Whether pulls may change what expires. */
  heedsPulls: boolean
  /**
   * Reads a policy document as the original's API returns it. Fields that the API adds, such as ids, mean nothing here.
   * @throws PolicyError for whatever the original refuses, and for fields that nobody knows
   */
  read(document: unknown): Decide
}

/** A policy that the original would refuse. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError'
  /** `field` is the path to what is wrong, such as `rules[1].selection.countNumber`. */
  constructor(field: string, message: string) {
    super(`${field}: ${message}`)
  }
}
