import { makeReader, type Reader } from './binary.ts'
import { digestText } from './digest-key.ts'
import type { Evidence } from './fact.ts'
import { MEDIA_TYPES } from './media-types.ts'
import { readList, type StoredList, type StoredReference } from './reference-list.ts'

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

/** The manifest in one repository. */
export interface StoredImage {
  repositoryId: number
  pushedAt: number
  pulledAt: number
  /** The time of the latest sighting that told the manifest's own size, and that size. For a pull, less its grace. */
  sizedAt: number
  size: number
  /** The time of the latest sighting that carried each list. For a pull, less its grace. */
  listTimes: { list: StoredList; at: number }[]
  tags: { name: string; taggedAt: number }[]
}

/** Reads a record of the manifests hash; the layout is in the header of `scripts/records.lua`. */
export function decodeManifest(key: Buffer, record: Buffer): StoredManifest {
  const reader = makeReader(record)
  const digest = digestText(Buffer.concat([key, reader.bytes(reader.uint(1))]))
  const mediaType = MEDIA_TYPES[reader.uint(1)] ?? MEDIA_TYPES[0] ?? ''
  const [listCount, claimed] = [reader.uint(1), reader.uint(1)]
  reader.uint(2) // only the scripts use how many blobs were claimed
  const lists = Array.from({ length: listCount }, () => readList(reader))
  if (claimed === CLAIMS_ANOTHER_LIST) readList(reader)
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
    isResolved: list !== undefined && list.extent !== 'contents',
    images,
  }
}

const CLAIMS_ANOTHER_LIST = 255

/** Forms of an image; the layout is in the header of `scripts/records.lua`. */
const IMAGE = { isPulled: 1, isSized: 2, hasSizedAt: 4, hasLists: 8, hasFirstList: 16, hasTagOfPush: 32 }

function readImage(reader: Reader, lists: readonly StoredList[]): StoredImage {
  const repositoryId = reader.uint(4)
  const form = reader.uint(1)
  const has = (flag: number) => (form & flag) > 0
  const pushedAt = reader.uint7()
  const pulledAt = has(IMAGE.isPulled) ? reader.uint7() : 0
  const size = has(IMAGE.isSized) ? reader.uint(5) : 0
  const sizedAt = has(IMAGE.hasSizedAt) ? reader.uint7() : has(IMAGE.isSized) ? pushedAt : 0
  const first = has(IMAGE.hasFirstList) ? [{ list: lists[0], at: pushedAt }] : []
  const others = Array.from({ length: has(IMAGE.hasLists) ? reader.uint(1) : 0 }, () => {
    const list = lists[reader.uint(1) - 1]
    return { list, at: reader.uint7() }
  })
  const listTimes = [...first, ...others].flatMap(({ list, at }) => (list ? [{ list, at }] : []))
  const tagCount = reader.uint(3)
  const isOfPush = has(IMAGE.hasTagOfPush)
  if (tagCount > 0 && !isOfPush) reader.uint(4) // their bytes; only the scripts skip them
  const tags = Array.from({ length: tagCount }, () => {
    const taggedAt = isOfPush ? pushedAt : reader.uint7()
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

/** Bytes of a tag's last write without its actor. */
const TAG_BYTES = 24

/** The position is the code. */
const TAG_WRITES: readonly ('untag' | Evidence)[] = ['untag', 'push', 'pull']

/** Reads an entry of a repository's tags: the last write of a tag, when it was (epoch µs), and by whom ('': not known). */
export function decodeTag(record: Buffer) {
  const reader = makeReader(record)
  const at = reader.uint7()
  const kind = TAG_WRITES[reader.uint(1)] ?? 'untag'
  const key = reader.bytes(16).toString('hex')
  return { at, kind, key, actor: record.subarray(TAG_BYTES).toString() }
}

/** The latest link of a blob in a repository; times in epoch µs. */
export interface StoredLink {
  /** Only a `key:` if no link told the whole digest. */
  digest: string
  at: number
  /** The time of the latest link that told a size, and that size (bytes). Both are 0 if none did. */
  sizedAt: number
  size: number
}

/**
 * Reads a link, as `scripts/export.lua` gives it: the rest of the blob's digest, then the entry of the repository's links.
 */
export function decodeLink(key: Buffer, record: Buffer): StoredLink {
  const reader = makeReader(record)
  const digest = digestText(Buffer.concat([key, reader.bytes(reader.uint(1))]))
  const at = reader.uint7()
  const size = reader.isAtEnd() ? 0 : reader.uint(5)
  if (size === 0) return { digest, at, sizedAt: 0, size }
  return { digest, at, sizedAt: reader.isAtEnd() ? at : reader.uint7(), size }
}

/** Flags of a blob that are read here; the layout is in the header of `scripts/records.lua`. */
const BLOB = { isManifest: 1, isMeasured: 16, isWide: 128 }

/** Reads an entry of the blobs table. `claims`: how many manifests of the project reference the content. Size in bytes. */
export function decodeBlob(record: Buffer) {
  const reader = makeReader(record)
  const [flags, size] = [reader.uint(1), reader.uint(5)]
  const width = (flags & BLOB.isWide) > 0 ? 4 : 1
  const [claims, links] = [reader.uint(width), reader.uint(width)]
  const isManifest = (flags & BLOB.isManifest) > 0
  const isMeasured = (flags & BLOB.isMeasured) > 0
  return { size, isManifest, isHeld: isManifest || claims > 0, isMeasured, claims, links }
}

/** Added to the number of a project in which the size was measured. */
const MEASURED = 2 ** 23

/**
 * The numbers of the projects that hold a content, by its entry in `holders` (`scripts/holders.lua`). `undefined` if they are
 * so many that they have keys of their own.
 */
export function decodeHolders(record: Buffer): number[] | undefined {
  const reader = makeReader(record)
  const form = reader.uint(1)
  if (form === 2) return undefined
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

/** Reads an entry of a repository's tombstones: when a digest was deleted (epoch µs). */
export const decodeTombstone = (record: Buffer): number => makeReader(record).uint7()

/** Reads a record of the repositories hash; `droppedAt` in epoch µs, 0 for never. */
export function decodeRepository(record: Buffer) {
  const reader = makeReader(record)
  return { id: reader.uint(4), manifests: reader.uint(4), droppedAt: reader.uint7() }
}
