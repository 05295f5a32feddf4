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
  /** Its own size, and the sizes that it states for its config and layers. */
  totalSize: number
  /** Undefined if the references are not known. */
  references: StoredReference[] | undefined
  /** Whether all references are known. False for an artifact whose subject is not known yet. */
  isResolved: boolean
  images: StoredImage[]
}

export interface StoredReference {
  kind: Reference['kind']
  /** The `digestKey`. */
  key: string
  /** The size that the manifest states for a blob, in bytes. 0 for other kinds. */
  size: number
}

/** A manifest's references as some sightings told them. */
export interface ReferenceList {
  extent: 'all' | 'contents'
  references: StoredReference[]
  contentsSize: number
}

/** The manifest in one repository. */
export interface StoredImage {
  repositoryId: number
  pushedAt: number
  pulledAt: number
  /** The time of the latest sighting that told the manifest's own size, and that size. For a pull, less its grace. */
  sizedAt: number
  size: number
  /** The time of the latest sighting that carried each list. For a pull, less its grace. */
  listTimes: { list: ReferenceList; at: number }[]
  tags: { name: string; taggedAt: number }[]
}

/** Reads a record of the manifests hash; the layout is in the header of `scripts/project.lua`. */
export function decodeManifest(key: Buffer, record: Buffer): StoredManifest {
  const reader = makeReader(record)
  const digest = digestText(Buffer.concat([key, reader.bytes(reader.uint(1))]))
  const mediaType = MEDIA_TYPES[reader.uint(1)] ?? MEDIA_TYPES[0] ?? ''
  const lists = Array.from({ length: reader.uint(1) }, () => readList(reader))
  const images: StoredImage[] = []
  while (!reader.isAtEnd()) images.push(readImage(reader, lists))
  const [list] = lists
  const size = ownSizeOf(images)
  return {
    digest,
    mediaType,
    size,
    totalSize: size + (list?.contentsSize ?? 0),
    references: list?.references,
    isResolved: list?.extent === 'all',
    images,
  }
}

function readList(reader: Reader): ReferenceList {
  const extent = reader.uint(1) === 2 ? 'all' : 'contents'
  const contentsSize = reader.uint7()
  const counts = [reader.uint(2), reader.uint(2), reader.uint(1)]
  const width = reader.uint(1)
  const references = REFERENCE_KINDS.flatMap((kind, i) =>
    Array.from({ length: counts[i] ?? 0 }, () => ({ kind, key: reader.bytes(16).toString('hex'), size: 0 })),
  )
  for (const reference of references.slice(0, counts[0])) reference.size = reader.uint(width)
  return { extent, references, contentsSize }
}

function readImage(reader: Reader, lists: readonly ReferenceList[]): StoredImage {
  const repositoryId = reader.uint(4)
  const [pushedAt, pulledAt, sizedAt] = [reader.uint7(), reader.uint7(), reader.uint7()]
  const size = reader.uint(5)
  const listTimes = Array.from({ length: reader.uint(1) }, () => {
    const list = lists[reader.uint(1)]
    return { list, at: reader.uint7() }
  }).flatMap(({ list, at }) => (list ? [{ list, at }] : []))
  const tags = Array.from({ length: reader.uint(2) }, () => {
    const taggedAt = reader.uint7()
    return { name: reader.bytes(reader.uint(1)).toString(), taggedAt }
  })
  return { repositoryId, pushedAt, pulledAt, sizedAt, size, listTimes, tags }
}

/** From the latest sighting in any repository that told a size. */
function ownSizeOf(images: readonly StoredImage[]): number {
  let latest = { sizedAt: 0, size: 0 }
  for (const { sizedAt, size } of images)
    if (sizedAt > latest.sizedAt || (sizedAt === latest.sizedAt && size > latest.size))
      latest = { sizedAt, size }
  return latest.size
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

/** The latest link of a blob in a repository; times in epoch µs. */
export interface StoredLink {
  repositoryId: number
  at: number
  /** The time of the latest link that told a size, and that size. Both are 0 if none did. */
  sizedAt: number
  size: number
}

/** Flags of a blob, and forms of a link; the layout is in the header of `scripts/project.lua`. */
const BLOB = { isManifest: 1, hasBaseClaim: 2, hasOtherClaims: 4, hasOwnSize: 8, isMeasured: 16 }
const LINK = { isSized: 1, hasSizedAt: 2, hasSize: 4 }

/** Reads an entry of the blobs table: the content's size (bytes) and its links. */
export function decodeBlob(record: Buffer) {
  const reader = makeReader(record)
  const [flags, size, claims] = [reader.uint(1), reader.uint(5), reader.uint(4)]
  const has = (flag: number) => (flags & flag) > 0
  // Only the scripts use these.
  if (has(BLOB.hasBaseClaim)) reader.bytes(5)
  if (has(BLOB.hasOtherClaims)) reader.bytes(4)
  if (has(BLOB.hasOwnSize)) reader.bytes(5)
  const links: StoredLink[] = []
  while (!reader.isAtEnd()) {
    const form = reader.uint(1)
    const [repositoryId, at] = [reader.uint(4), reader.uint7()]
    const link = { repositoryId, at, sizedAt: 0, size: 0 }
    if (form & LINK.isSized) Object.assign(link, { sizedAt: at, size })
    if (form & LINK.hasSizedAt) link.sizedAt = reader.uint7()
    if (form & LINK.hasSize) link.size = reader.uint(5)
    links.push(link)
  }
  return { size, isHeld: has(BLOB.isManifest) || claims > 0, isMeasured: has(BLOB.isMeasured), links }
}

/** Added to the number of a project in which the size was measured. */
const MEASURED = 2 ** 23

/** The numbers of the projects that hold a content, by its entry in `holders` (`scripts/update-holders.lua`). */
export function decodeHolders(record: Buffer): number[] {
  const reader = makeReader(record)
  const form = reader.uint(1)
  reader.uint(5)
  const numbers: number[] = []
  const addNumber = () => numbers.push(reader.uint(3) % MEASURED)
  for (let others = form === 1 ? reader.uint(3) : 0; others > 0; others--) {
    addNumber()
    reader.uint(5)
  }
  while (!reader.isAtEnd()) addNumber()
  return numbers
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

type Reader = ReturnType<typeof makeReader>

/** Reads big-endian unsigned integers and bytes, one after the other. */
function makeReader(record: Buffer) {
  let pos = 0
  const uint = (length: number) => {
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
