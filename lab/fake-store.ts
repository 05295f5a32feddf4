/** What a fake registry holds: every map by name, digest or tag. */
export interface FakeRepository {
  blobs: Map<string, Buffer>
  manifests: Map<string, { bytes: Buffer; mediaType: string }>
  /** Digests, by tag. */
  tags: Map<string, string>
  /** The open uploads. */
  uploads: Map<string, FakeUpload>
}

export interface FakeUpload {
  bytes: Buffer
  /** A request of it broke, and the registry cannot go on with it: see `resumesUploads`. */
  spoilt?: boolean
}

/** Switches that make a fake registry behave as others do. */
export interface FakeTraits {
  referrersApi: boolean
  tagDelete: boolean
  /** A second PUT of a tag is 412. */
  immutableTags: boolean
  /** Whether an index may list manifests that are not there. */
  sparseIndexes: boolean
  knowsRange: boolean
  /**
   * Whether an upload can go on after a broken request. Distribution 2.8 cannot: it answers 404 BLOB_UPLOAD_INVALID to
   * everything, DELETE too, and keeps what it has.
   */
  resumesUploads: boolean
  /** Headers that answers lack, in lower case. */
  without: string[]
  /** Digests of blobs that HEAD finds and GET does not, as with a wrong blob-descriptor cache. */
  lost: Set<string>
}

export const SPEC_TRAITS = (): FakeTraits => ({
  referrersApi: true,
  tagDelete: true,
  immutableTags: false,
  sparseIndexes: false,
  knowsRange: true,
  resumesUploads: true,
  without: [],
  lost: new Set(),
})

/** An answer of the registry. */
export interface FakeAnswer {
  status: number
  headers?: Record<string, string>
  body?: Buffer
}

export const refusal = (status: number, code: string): FakeAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ errors: [{ code, message: `the fake says ${code}` }] })),
})

export const json = (value: object, mediaType = 'application/json'): FakeAnswer => ({
  status: 200,
  headers: { 'content-type': mediaType },
  body: Buffer.from(JSON.stringify(value)),
})
