import { REFERENCE_KINDS } from './encode-facts.ts'
import type { Evidence, Reference } from './fact.ts'
import { MEDIA_TYPES } from './media-types.ts'

/** The bytes of a digest's hash: 32 for sha256, 48 for sha384, 64 for sha512; 16 for a `key:`. */
export function digestBytes(digest: string): Buffer {
  return Buffer.from(digest.slice(digest.indexOf(':') + 1), 'hex')
}

const ALGORITHM_OF_LENGTH: Record<number, string> = { 16: 'key', 32: 'sha256', 48: 'sha384', 64: 'sha512' }

/** The reverse of `digestBytes`: the length tells the algorithm. */
export function digestText(bytes: Buffer): string {
  return `${ALGORITHM_OF_LENGTH[bytes.length] ?? 'unknown'}:${bytes.toString('hex')}`
}

/** The first 16 bytes of a digest, in hex. The index names contents by these. */
export function digestKey(digest: string): string {
  const start = digest.indexOf(':') + 1
  return digest.slice(start, start + 32)
}

/** A manifest as the index stores it; sizes in bytes, times in epoch µs, 0 where not known. */
export interface StoredManifest {
  digest: string
  mediaType: string
  size: number
  /** Its own size and those of its config and layers. */
  totalSize: number
  /** `key` is the `digestKey`. Undefined if the references are not known. */
  references: { kind: Reference['kind']; key: string }[] | undefined
  extent: 'all' | 'contents'
  images: StoredImage[]
}

/** The manifest in one repository. */
interface StoredImage {
  repositoryId: number
  pushedAt: number
  pulledAt: number
  /** Time of the latest sighting that carried the references (`scripts/project.lua`). */
  referencesAt: number
  tags: { name: string; taggedAt: number }[]
}

/** Reads a record of the manifests hash; the layout is in the header of `scripts/project.lua`. */
export function decodeManifest(key: Buffer, record: Buffer): StoredManifest {
  const reader = makeReader(record)
  const digest = digestText(Buffer.concat([key, reader.bytes(reader.uint(1))]))
  const mediaType = MEDIA_TYPES[reader.uint(1)] ?? MEDIA_TYPES[0] ?? ''
  const size = reader.uint(5)
  const totalSize = size + reader.uint7()
  const extent = reader.uint(1)
  const counts = [reader.uint(2), reader.uint(2), reader.uint(1)]
  const references = REFERENCE_KINDS.flatMap((kind, i) =>
    Array.from({ length: counts[i] ?? 0 }, () => ({ kind, key: reader.bytes(16).toString('hex') })),
  )
  const images: StoredImage[] = []
  while (!reader.isAtEnd()) {
    const repositoryId = reader.uint(4)
    const [pushedAt, pulledAt, referencesAt] = [reader.uint7(), reader.uint7(), reader.uint7()]
    const tags = Array.from({ length: reader.uint(2) }, () => {
      const taggedAt = reader.uint7()
      return { name: reader.bytes(reader.uint(1)).toString(), taggedAt }
    })
    images.push({ repositoryId, pushedAt, pulledAt, referencesAt, tags })
  }
  return {
    digest,
    mediaType,
    size,
    totalSize,
    references: extent > 0 ? references : undefined,
    extent: extent === 2 ? 'all' : 'contents',
    images,
  }
}

/** The position is the code. */
const TAG_WRITES: readonly ('untag' | Evidence)[] = ['untag', 'push', 'pull']

/** Reads an entry of the tags table: the last write of a tag, and when it was (epoch µs). */
export function decodeTag(field: Buffer, record: Buffer) {
  const reader = makeReader(record)
  return {
    repositoryId: field.readUInt32BE(0),
    tag: field.subarray(4).toString(),
    at: reader.uint7(),
    kind: TAG_WRITES[reader.uint(1)] ?? 'untag',
    key: reader.bytes(16).toString('hex'),
  }
}

/** Reads an entry of the blobs table: its size (bytes), and the latest link in each repository (epoch µs). */
export function decodeBlob(record: Buffer) {
  const reader = makeReader(record)
  const [size, refCount] = [reader.uint(6), reader.uint(4)]
  const links: { repositoryId: number; at: number }[] = []
  while (!reader.isAtEnd()) links.push({ repositoryId: reader.uint(4), at: reader.uint7() })
  return { size, refCount, links }
}

/** Reads an entry of the tombstones table: when a digest was deleted from a repository (epoch µs). */
export function decodeTombstone(field: Buffer, record: Buffer) {
  return {
    repositoryId: field.readUInt32BE(0),
    key: field.subarray(4).toString('hex'),
    at: makeReader(record).uint7(),
  }
}

/** Reads a record of the repositories hash; `droppedAt` in epoch µs, 0 for never. */
export function decodeRepository(record: Buffer) {
  const reader = makeReader(record)
  return { id: reader.uint(4), manifests: reader.uint(4), droppedAt: reader.uint7() }
}

/** Reads big-endian unsigned integers and bytes, one after the other. */
function makeReader(record: Buffer) {
  let pos = 0
  const uint = (length: 1 | 2 | 4 | 5 | 6) => {
    pos += length
    return record.readUIntBE(pos - length, length)
  }
  return {
    uint,
    /** An integer of seven bytes, below 2^53. `readUIntBE` reads at most six. */
    uint7: () => uint(1) * 2 ** 48 + uint(6),
    bytes(length: number) {
      pos += length
      return record.subarray(pos - length, pos)
    },
    isAtEnd: () => pos >= record.length,
  }
}
