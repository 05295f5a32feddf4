import { REFERENCE_KINDS } from './encode-facts.ts'
import type { Reference } from './fact.ts'
import { MEDIA_TYPES } from './media-types.ts'

/** The hash's bytes: 32 for sha256, 48 for sha384, 64 for sha512, so the length names the algorithm; 16 of a `key:`. */
export function digestBytes(digest: string): Buffer {
  return Buffer.from(digest.slice(digest.indexOf(':') + 1), 'hex')
}

const ALGORITHMS: Record<number, string> = { 16: 'key', 32: 'sha256', 48: 'sha384', 64: 'sha512' }

export function digestText(bytes: Buffer): string {
  return `${ALGORITHMS[bytes.length] ?? 'unknown'}:${bytes.toString('hex')}`
}

/** The form in which the index stores a reference: the digest's first 16 bytes, in hex. */
export function digestKey(digest: string): string {
  const start = digest.indexOf(':') + 1
  return digest.slice(start, start + 32)
}

/** A manifest as stored. */
export interface StoredManifest {
  digest: string
  mediaType: string
  size: number
  /** Its own size and those of its config and layers. */
  weight: number
  /** `digestKey` of each. */
  references: { kind: Reference['kind']; key: string }[] | undefined
  extent: 'all' | 'contents'
  places: { repository: number; pushedAt: number; pulledAt: number; toldAt: number; tags: StoredTag[] }[]
}

interface StoredTag {
  name: string
  /** epoch µs */
  taggedAt: number
}

/** Reads a record of the manifests table; the layout is in the header of `scripts/project.lua`. */
export function decodeManifest(key: Buffer, record: Buffer): StoredManifest {
  const at = cursor(record)
  const rest = at.bytes(at.uint(1))
  const mediaType = MEDIA_TYPES[at.uint(1)] ?? MEDIA_TYPES[0] ?? ''
  const size = at.uint(5)
  const weight = size + at.wide()
  const known = at.uint(1)
  const counts = [at.uint(2), at.uint(2), at.uint(1)]
  const references = REFERENCE_KINDS.flatMap((kind, i) =>
    Array.from({ length: counts[i] ?? 0 }, () => ({ kind, key: at.bytes(16).toString('hex') })),
  )
  const places: StoredManifest['places'] = []
  while (!at.done()) {
    const [repository, pushedAt, pulledAt, toldAt] = [at.uint(4), at.wide(), at.wide(), at.wide()]
    const tags = Array.from({ length: at.uint(2) }, () => {
      const taggedAt = at.wide()
      return { name: at.bytes(at.uint(1)).toString(), taggedAt }
    })
    places.push({ repository, pushedAt, pulledAt, toldAt, tags })
  }
  return {
    ...{ digest: digestText(Buffer.concat([key, rest])), mediaType, size, weight, places },
    references: known > 0 ? references : undefined,
    extent: known === 2 ? 'all' : 'contents',
  }
}

const TAG_KINDS = ['deleted', 'pushed', 'pulled'] as const

/** A record of the tags table: what last happened to a tag, and when (epoch µs). */
export function decodeTag(field: Buffer, record: Buffer) {
  const at = cursor(record)
  return {
    repository: field.readUInt32BE(0),
    tag: field.subarray(4).toString(),
    at: at.wide(),
    kind: TAG_KINDS[at.uint(1)] ?? 'deleted',
    key: at.bytes(16).toString('hex'),
  }
}

/** A record of the blobs table: its links by repository, with the last time of each (epoch µs). */
export function decodeBlob(record: Buffer) {
  const at = cursor(record)
  const [size, holders] = [at.uint(6), at.uint(4)]
  const links: { repository: number; at: number }[] = []
  while (!at.done()) links.push({ repository: at.uint(4), at: at.wide() })
  return { size, holders, links }
}

/** A record of the tombstones table: when a digest was deleted from a repository (epoch µs). */
export function decodeTombstone(field: Buffer, record: Buffer) {
  return {
    repository: field.readUInt32BE(0),
    key: field.subarray(4).toString('hex'),
    at: cursor(record).wide(),
  }
}

/** A record of the repositories hash; `droppedAt` in epoch µs, 0 for never. */
export function decodeRepository(record: Buffer) {
  const at = cursor(record)
  return { id: at.uint(4), manifests: at.uint(4), droppedAt: at.wide() }
}

/** Reads big-endian unsigned integers and byte runs, one after the other. */
function cursor(record: Buffer) {
  let pos = 0
  const uint = (bytes: 1 | 2 | 4 | 5 | 6) => {
    pos += bytes
    return record.readUIntBE(pos - bytes, bytes)
  }
  return {
    uint,
    /** Seven bytes: below 2^53, more than `readUIntBE` takes at once. */
    wide: () => uint(1) * 2 ** 48 + uint(6),
    bytes(length: number) {
      pos += length
      return record.subarray(pos - length, pos)
    },
    done: () => pos >= record.length,
  }
}
