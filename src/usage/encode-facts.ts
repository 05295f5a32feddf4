import { believableSize, type Fact, type ManifestReferences } from './fact.ts'
import { MEDIA_TYPES } from './media-types.ts'

/** The position is the code. */
export const REFERENCE_KINDS = ['blob', 'child', 'subject'] as const

const OPS = { push: 'P', pull: 'G', scan: 'S', link: 'L', delete: 'D', untag: 'U', drop: 'X' } as const

/**
 * Packs facts into one argument of `scripts/apply.lua`; the layout is in its header. (With nine arguments a fact,
 * ioredis took a fifth of the worker's time.)
 */
export function encodeFacts(facts: readonly Fact[]): Buffer {
  const writer = makeWriter()
  for (const fact of facts) {
    writer.ascii(opOf(fact))
    writer.uint(Math.floor(fact.at / 2 ** 48), 1)
    writer.uint(fact.at % 2 ** 48, 6)
    writer.uint('size' in fact ? believableSize(fact.size) : 0, 6)
    writer.uint('mediaType' in fact ? mediaTypeCode(fact.mediaType) : 0, 1)
    writer.text(fact.repository, 2)
    writer.digest('digest' in fact ? fact.digest : '')
    writer.text(('tag' in fact && fact.tag) || '', 1)
    writer.text('id' in fact ? fact.id : '', 1)
    const manifest: ManifestReferences = fact.kind === 'push' || fact.kind === 'present' ? fact : {}
    writer.uint(extentCode(manifest), 1)
    writer.uint(manifest.references?.length ?? 0, 2)
    for (const { kind, size, digest } of manifest.references ?? []) {
      writer.uint(REFERENCE_KINDS.indexOf(kind), 1)
      writer.uint(believableSize(size), 6)
      writer.digest(digest)
    }
  }
  return writer.written()
}

function opOf(fact: Fact): string {
  if (fact.kind === 'present') return fact.via === 'push' ? 'p' : 'g'
  return OPS[fact.kind]
}

/** 0: references are not known, 1: all but a subject, 2: all. */
function extentCode({ references, extent }: ManifestReferences): 0 | 1 | 2 {
  if (references === undefined) return 0
  return extent === 'all' ? 2 : 1
}

const mediaTypeCode = (mediaType: string): number => Math.max(0, MEDIA_TYPES.indexOf(mediaType))

/** Appends big-endian integers, texts and digests to a buffer that grows. */
function makeWriter() {
  let buffer = Buffer.allocUnsafe(4096)
  let end = 0
  const reserve = (length: number) => {
    if (end + length <= buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, end + length))
    buffer.copy(larger, 0, 0, end)
    buffer = larger
  }
  const uint = (value: number, length: 1 | 2 | 6) => {
    reserve(length)
    end = buffer.writeUIntBE(value, end, length)
  }
  return {
    uint,
    /** The characters alone, without a length. */
    ascii(value: string) {
      reserve(value.length)
      end += buffer.write(value, end, 'latin1')
    },
    /** The length, in `lengthBytes` bytes, then the UTF-8. */
    text(value: string, lengthBytes: 1 | 2) {
      const length = Buffer.byteLength(value)
      uint(length, lengthBytes)
      reserve(length)
      end += buffer.write(value, end)
    },
    /** The length, in one byte, then the hash: 32 bytes of a sha256, 16 of a `key:`, none of ''. */
    digest(value: string) {
      const hex = value.slice(value.indexOf(':') + 1)
      uint(hex.length / 2, 1)
      reserve(hex.length / 2)
      end += buffer.write(hex, end, 'hex')
    },
    written: () => buffer.subarray(0, end),
  }
}
