/** A manifest as it is stored. */
export interface StoredManifest {
  digest: string
  mediaType: string
  bytes: Buffer
}

/** Blobs that came to the target in one way. */
export interface BlobCount {
  count: number
  /** As the manifests state them. */
  bytes: number
}

/** How a blob comes to the target. `present`: it was there. */
export type BlobWay = 'sent' | 'mounted' | 'present'

/** A tag like `sha256-<hex>.sig`, by which cosign finds what belongs to an image. */
export interface CopiedTag {
  tag: string
  /** What it names at the target now. */
  digest: string
  /** `kept`: the target's own, which differs from the source's and has content that the source's lacks. */
  outcome: 'written' | 'present' | 'kept'
}

/** A manifest that belongs to another one by its `subject`, or by a tag that names that one. */
export interface CopiedReferrer {
  digest: string
  artifactType?: string
  /** The digest of what it belongs to. */
  subject: string
}

/** What belongs to an image and came along. */
export interface CopiedReferrers {
  /** Digests of all manifests of which the target has each byte now. Children come before the index that lists them. */
  manifests: string[]
  referrers: CopiedReferrer[]
  tags: CopiedTag[]
  /** Referrers that the source lists and cannot give, or that are no manifests. */
  leftBehind: { digest: string; reason: string }[]
  blobs: Record<BlobWay, BlobCount>
}

export interface Copied extends CopiedReferrers {
  /** The image's own manifest, which its tag is to name. */
  root: StoredManifest
  /** Children of an index that the source does not have. */
  absent: string[]
  /** Children of an index that are for other platforms. */
  leftOut: string[]
}
