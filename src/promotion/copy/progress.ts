import type { Descriptor } from '../../registry/descriptor.ts'

/** How far a copy is. */
export interface CopyProgress {
  /** Bytes of blobs that are at the target: sent by this copy, mounted, or there before. */
  bytes: number
  /** Bytes of all blobs that are known so far, as the manifests state them. It grows when referrers are found. */
  totalBytes: number
  /** Manifests written, or there before. */
  manifests: number
}

export interface Progress {
  /** A blob is to come. */
  expect(blob: Descriptor): void
  /** So many bytes of a blob have been sent. */
  sent(digest: string, bytes: number): void
  /** A blob is at the target. */
  arrived(blob: Descriptor): void
  /** A manifest is at the target. */
  written(): void
}

/** Adds up what happens, each blob once, and tells the sum after each change. */
export function trackProgress(onProgress: (progress: CopyProgress) => void = () => {}): Progress {
  const expected = new Set<string>()
  const come = new Map<string, number>()
  const sum: CopyProgress = { bytes: 0, totalBytes: 0, manifests: 0 }
  const set = (digest: string, bytes: number) => {
    sum.bytes += bytes - (come.get(digest) ?? 0)
    come.set(digest, bytes)
    onProgress({ ...sum })
  }
  return {
    expect({ digest, size }) {
      if (!expected.has(digest)) sum.totalBytes += size
      expected.add(digest)
    },
    sent: set,
    arrived: ({ digest, size }) => set(digest, size),
    written() {
      sum.manifests += 1
      onProgress({ ...sum })
    },
  }
}
