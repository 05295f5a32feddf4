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
  /** Its own size and those that it states of its config and layers. */
  totalSize: number
  /** Undefined if the references are not known. */
  references: StoredReference[] | undefined
  /** Whether the references are all of them. False for an artifact whose subject is not known yet. */
  isResolved: boolean
  images: StoredImage[]
}

export interface StoredReference {
  kind: Reference['kind']
  /** The `digestKey`. */
  key: string
  /** What the manifest states of a blob. */
  size: number
}

/** The references as some sightings told them. */
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
  /** Time of the latest sighting that told the manifest's own size, and that size; a pull's time less its grace. */
  sizedAt: number
  size: number
  /** Time of the latest sighting that carried a list; a pull's time less its grace. */
  tellings: { list: ReferenceList; at: number }[]
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
  const tellings = Array.from({ length: reader.uint(1) }, () => {
    const list = lists[reader.uint(1)]
    return { list, at: reader.uint7() }
  }).flatMap(({ list, at }) => (list ? [{ list, at }] : []))
  const tags = Array.from({ length: reader.uint(2) }, () => {
    const taggedAt = reader.uint7()
    return { name: reader.bytes(reader.uint(1)).toString(), taggedAt }
  })
  return { repositoryId, pushedAt, pulledAt, sizedAt, size, tellings, tags }
}

/** As the latest sighting told it, in any repository. */
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
  /** When a link was last told with a size, and that size; both are 0 if none was. */
  sizedAt: number
  size: number
}

/** Reads an entry of the blobs table: the content's size (bytes) and its links. */
export function decodeBlob(record: Buffer) {
  const reader = makeReader(record)
  const [flags, size, claims] = [reader.uint(1), reader.uint(5), reader.uint(4)]
  // Other claims and the manifest's own size: only the scripts use them.
  reader.bytes((flags & 2 && 5) + (flags & 4 && 4) + (flags & 8 && 5))
  const links: StoredLink[] = []
  while (!reader.isAtEnd()) {
    const form = reader.uint(1)
    const [repositoryId, at] = [reader.uint(4), reader.uint7()]
    const sizedAt = form & 2 ? reader.uint7() : form & 1 && at
    links.push({ repositoryId, at, sizedAt, size: form & 4 ? reader.uint(5) : form & 1 && size })
  }
  return { size, isHeld: (flags & 1) > 0 || claims > 0, isMeasured: (flags & 16) > 0, links }
}

/** The numbers of the projects that hold a content, by its entry in `holders` (`scripts/update-holders.lua`). */
export function decodeHolders(record: Buffer): number[] {
  const reader = makeReader(record)
  const form = reader.uint(1)
  reader.uint(5)
  const numbers: number[] = []
  const addNumber = () => numbers.push(reader.uint(3) % 2 ** 23)
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
