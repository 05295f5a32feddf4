import { AGE_SOURCES, type Age, type AgeSource, hasOwnTime, type ToldAge } from './age.ts'
import { makeReader, type Reader } from './binary.ts'
import { digestText } from './digest-key.ts'
import { MEDIA_TYPES } from './media-types.ts'
import { readList, type StoredList, type StoredReference } from './reference-list.ts'
import type { TagWrite } from './tag-writes.ts'

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
  /** All lists of references that sightings told; the one that counts first. */
  lists: StoredList[]
  images: StoredImage[]
}

/** The manifest in one repository. */
export interface StoredImage {
  repositoryId: number
  /** The time of the latest push that was heard. */
  pushedAt: number
  /** The time of the latest presence. */
  foundAt: number
  /** What the latest presence that told an age of the manifest told. */
  told: ToldAge | undefined
  pulledAt: number
  /** The time of the latest sighting that told the manifest's own size, and that size. For a pull, less its grace. */
  sizedAt: number
  size: number
  /** The time of the latest sighting that carried each list. For a pull, less its grace. */
  listTimes: { list: StoredList; at: number }[]
  tags: StoredTag[]
}

interface StoredTag {
  name: string
  /** The time of the write that set it. */
  taggedAt: number
  age: Age
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
    lists,
    images,
  }
}

const CLAIMS_ANOTHER_LIST = 255

/** Forms of an image; the layout is in the header of `scripts/records.lua`. */
const IMAGE = {
  ...{ isPulled: 1, isSized: 2, hasSizedAt: 4, hasLists: 8, hasFirstList: 16, hasTagOfPush: 32 },
  ...{ isFound: 64, hasTagAges: 128 },
}

/** Added to the source of an image's age; the layout is in the header of `scripts/records.lua`. */
const FOUND = { isFirst: 128, isToldBefore: 64, hasNoAge: 32, isVoid: 16 }

function readImage(reader: Reader, lists: readonly StoredList[]): StoredImage {
  const repositoryId = reader.uint(4)
  const form = reader.uint(1)
  const has = (flag: number) => (form & flag) > 0
  const first = reader.uint7()
  const { isFirst, foundAt, told } = has(IMAGE.isFound) ? readFound(reader, first) : NOT_FOUND
  const pushedAt = isFirst ? 0 : first
  const pulledAt = has(IMAGE.isPulled) ? reader.uint7() : 0
  const size = has(IMAGE.isSized) ? reader.uint(5) : 0
  const sizedAt = has(IMAGE.hasSizedAt) ? reader.uint7() : has(IMAGE.isSized) ? first : 0
  const firstList = has(IMAGE.hasFirstList) ? [{ list: lists[0], at: first }] : []
  const others = Array.from({ length: has(IMAGE.hasLists) ? reader.uint(1) : 0 }, () => {
    const list = lists[reader.uint(1) - 1]
    return { list, at: reader.uint7() }
  })
  const listTimes = [...firstList, ...others].flatMap(({ list, at }) => (list ? [{ list, at }] : []))
  const tagCount = reader.uint(3)
  const isOfPush = has(IMAGE.hasTagOfPush)
  if (tagCount > 0 && !isOfPush) reader.uint(4) // their bytes; only the scripts skip them
  const tags = Array.from({ length: tagCount }, () => {
    const taggedAt = isOfPush ? pushedAt : reader.uint7()
    const age: Age = has(IMAGE.hasTagAges) ? readAge(reader) : { at: taggedAt, source: 'event' }
    return { name: reader.bytes(reader.uint(1)).toString(), taggedAt, age }
  })
  return { repositoryId, pushedAt, foundAt, told, pulledAt, sizedAt, size, listTimes, tags }
}

/** When a presence found an image, and what was told of its age. `first`: the latest push that was heard, or else `foundAt`. */
function readFound(reader: Reader, first: number) {
  const code = reader.uint(1)
  const has = (flag: number) => (code & flag) > 0
  const isFirst = has(FOUND.isFirst)
  const foundAt = isFirst ? first : reader.uint7()
  if (has(FOUND.hasNoAge)) return { isFirst, foundAt, told: undefined }
  const source = sourceOf(code % FOUND.isVoid)
  const at = has(FOUND.isToldBefore) ? reader.uint7() : foundAt
  const age = { at: hasOwnTime(source) ? reader.uint7() : at, source }
  return { isFirst, foundAt, told: { at, age, isVoid: has(FOUND.isVoid) } }
}

const NOT_FOUND = { isFirst: false, foundAt: 0, told: undefined }

function readAge(reader: Reader): Age {
  const source = sourceOf(reader.uint(1))
  return { at: reader.uint7(), source }
}

const sourceOf = (code: number): AgeSource => AGE_SOURCES[code] ?? 'seen'

/** The size of a manifest itself in bytes, from the latest sighting in any repository that told one; 0 if none did. */
export function ownSizeOf(images: readonly Pick<StoredImage, 'sizedAt' | 'size'>[]): number {
  let latest = { sizedAt: 0, size: 0 }
  for (const { sizedAt, size } of images)
    if (sizedAt > latest.sizedAt || (sizedAt === latest.sizedAt && size > latest.size))
      latest = { sizedAt, size }
  return latest.size
}

/** Codes of a tag's last write: 0 for a pull; its age's source and 1, that of a push among them; 7 for an untag. */
const UNTAGGED = 7

/** Reads an entry of a repository's tags: the last write of a tag, when it was (epoch µs), and by whom ('': not known). */
export function decodeTag(record: Buffer): Omit<TagWrite, 'tag' | 'repository' | 'digest'> & { key: string } {
  const reader = makeReader(record)
  const at = reader.uint7()
  const code = reader.uint(1)
  const kind = code === 0 ? 'pull' : code === UNTAGGED ? 'untag' : 'push'
  const source = kind === 'push' ? sourceOf(code - 1) : 'seen'
  const key = reader.bytes(16).toString('hex')
  const age = { at: hasOwnTime(source) ? reader.uint7() : at, source }
  return { at, kind, key, age, actor: reader.rest().toString() }
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

/** Flags of a blob; the layout is in the header of `scripts/records.lua`. */
const BLOB = {
  ...{ isManifest: 1, hasBaseClaim: 2, hasOtherClaims: 4, hasOwnSize: 8, isMeasured: 16 },
  ...{ hasMeasuredTally: 32, allLinksMeasured: 64, isWide: 128 },
}

/** The sizes that several sources tell for a content: `count` sources, of which `others` tell another size than `base`. */
export interface StoredTally {
  count: number
  base: number
  others: number
}

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

/** Reads the rest of an entry of the blobs table: what manifests state, what links measured, and a manifest's own size. */
export function decodeTallies(record: Buffer): {
  isManifest: boolean
  ownSize: number
  stated: StoredTally
  measured: StoredTally
} {
  const reader = makeReader(record)
  const [flags, size] = [reader.uint(1), reader.uint(5)]
  const has = (flag: number) => (flags & flag) > 0
  const width = has(BLOB.isWide) ? 4 : 1
  const [claims, links] = [reader.uint(width), reader.uint(width)]
  reader.bytes(reader.uint(1))
  const base = has(BLOB.hasBaseClaim) ? reader.uint(5) : size
  const others = has(BLOB.hasOtherClaims) ? reader.uint(4) : 0
  const isManifest = has(BLOB.isManifest)
  const ownSize = has(BLOB.hasOwnSize) ? reader.uint(5) : isManifest ? size : 0
  const measured = has(BLOB.hasMeasuredTally)
    ? { count: reader.uint(4), base: reader.uint(5), others: reader.uint(4) }
    : { count: has(BLOB.allLinksMeasured) ? links : 0, base: size, others: 0 }
  return { isManifest, ownSize, stated: { count: claims, base, others }, measured }
}

/** Added to the number of a project in which the size was measured. */
const MEASURED = 2 ** 23

/** A project that holds a content, and the size that it has there in bytes. */
export interface StoredHolder {
  number: number
  size: number
  isMeasured: boolean
}

/** The holders of an entry of form 2 with `size`, and how many of these have it measured. Others are in a key of their own. */
export interface ManyHolders {
  size: number
  count: number
  measured: number
}

/** Reads an entry of `holders` (`scripts/holders.lua`). */
export function decodeHolders(record: Buffer): StoredHolder[] | ManyHolders {
  const reader = makeReader(record)
  const [form, size] = [reader.uint(1), reader.uint(5)]
  if (form === 2) return { size, count: reader.uint(4), measured: reader.uint(4) }
  const holders: StoredHolder[] = []
  const addHolder = (code: number, ofHolder: number) =>
    holders.push({ number: code % MEASURED, size: ofHolder, isMeasured: code >= MEASURED })
  for (let others = form === 1 ? reader.uint(3) : 0; others > 0; others--)
    addHolder(reader.uint(3), reader.uint(5))
  while (!reader.isAtEnd()) addHolder(reader.uint(3), size)
  return holders
}

/** Reads an entry of a repository's tombstones: when a digest was deleted (epoch µs). */
export const decodeTombstone = (record: Buffer): number => makeReader(record).uint7()

/** Reads a record of the repositories hash; `droppedAt` in epoch µs, 0 for never. */
export function decodeRepository(record: Buffer) {
  const reader = makeReader(record)
  return { id: reader.uint(4), manifests: reader.uint(4), droppedAt: reader.uint7() }
}
