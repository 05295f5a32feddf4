import { makeWriter, type Reader } from './binary.ts'
import { digestKey } from './digest-key.ts'
import { believableSize, type Extent, type ManifestReferences, type Reference } from './fact.ts'

/** The references of a manifest as one sighting tells them. */
export type ReferenceList = Required<ManifestReferences>

export interface StoredReference {
  kind: Reference['kind']
  /** The `digestKey`. */
  key: string
  /** The size that the manifest states for a blob, in bytes. 0 for other kinds. */
  size: number
}

/** A manifest's references as some sightings told them. */
export interface StoredList {
  extent: Extent
  references: StoredReference[]
  contentsSize: number
}

/** The position is the code; a list is never `undefined`. */
const EXTENTS: readonly (Extent | undefined)[] = [undefined, 'contents', 'all', 'read']

const KINDS = ['blob', 'child', 'subject'] as const

/** Bytes that a manifest states for its config and layers. One that is listed twice counts twice. */
export function contentsSizeOf(references: readonly Pick<Reference, 'kind' | 'size'>[]): number {
  let sum = 0
  for (const { kind, size } of references) if (kind === 'blob') sum += believableSize(size)
  return sum
}

/**
 * A list as a record of the index (big-endian): extent I1 (1 contents, 2 all, 3 read), contentsSize I7, blobs I2, children
 * I2, subjects I1, width I1, the key of each in that order, then the size of each blob in `width` bytes. Blobs are in
 * order of their keys, the largest size of a key first. The greatest list of a manifest counts, byte by byte: so the first
 * fields weigh most.
 */
export function packList({ references, extent }: ReferenceList): Buffer {
  const ofKind = (wanted: Reference['kind']) =>
    references
      .filter(({ kind }) => kind === wanted)
      .map(({ digest, size }) => ({ key: digestKey(digest), size: believableSize(size) }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : b.size - a.size))
  const [blobs, children, subjects] = [ofKind('blob'), ofKind('child'), ofKind('subject')]
  const largest = blobs.reduce((max, { size }) => Math.max(max, size), 0)
  let width = 1
  while (largest >= 2 ** (8 * width)) width++

  const writer = makeWriter(14 + references.length * 22)
  writer.uint(EXTENTS.indexOf(extent), 1)
  writer.uint7(contentsSizeOf(references))
  writer.uint(blobs.length, 2)
  writer.uint(children.length, 2)
  writer.uint(subjects.length, 1)
  writer.uint(width, 1)
  for (const { key } of [...blobs, ...children, ...subjects]) writer.hex(key)
  for (const { size } of blobs) writer.uint(size, width)
  return writer.written()
}

/** The reverse of `packList`, but for the ends of the digests. */
export function readList(reader: Reader): StoredList {
  const extent = EXTENTS[reader.uint(1)] ?? 'contents'
  const contentsSize = reader.uint7()
  const counts = [reader.uint(2), reader.uint(2), reader.uint(1)]
  const width = reader.uint(1)
  const references = KINDS.flatMap((kind, i) =>
    Array.from({ length: counts[i] ?? 0 }, () => ({ kind, key: reader.bytes(16).toString('hex'), size: 0 })),
  )
  for (const reference of references.slice(0, counts[0])) reference.size = reader.uint(width)
  return { extent, references, contentsSize }
}
