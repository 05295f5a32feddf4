import { formatSize } from '../platform/units.ts'

/** What a survey knows of the blobs of a storage. */
export interface Blobs {
  /** Each blob with its bytes. */
  all: () => Iterable<readonly [digest: string, size: number]>
  has: (digest: string) => boolean
  /** Those that a collection would free. */
  candidates: readonly { digest: string; size: number }[]
}

export interface Freed {
  freed: { blobs: number; bytes: number }
  /** Why that is not what was promised; empty if it is. */
  differences: string[]
}

/** Compares what is gone with what was promised. */
export function compareFreed(before: Blobs, after: Blobs): Freed {
  const promised = new Map(before.candidates.map(({ digest, size }) => [digest, size]))
  const left = new Set(after.candidates.map(({ digest }) => digest))
  const gone = { ...NONE }
  const more = { ...NONE }
  for (const [digest, size] of before.all()) {
    if (after.has(digest)) continue
    add(gone, size)
    if (!promised.has(digest)) add(more, size)
  }
  const used = { ...NONE }
  const stayed = { ...NONE }
  for (const [digest, size] of promised) if (after.has(digest)) add(left.has(digest) ? stayed : used, size)
  return {
    freed: gone,
    differences: [
      ...tell(more, 'gone that were not promised: what named them was deleted after the survey'),
      ...tell(used, 'promised and used again: pushed, or put back, after the survey'),
      ...tell(
        stayed,
        'promised and still there, though nothing names them: the collector left them, or they were uploaded again',
      ),
    ],
  }
}

const NONE = { blobs: 0, bytes: 0 }

function add(amount: { blobs: number; bytes: number }, size: number): void {
  amount.blobs++
  amount.bytes += size
}

const tell = ({ blobs, bytes }: { blobs: number; bytes: number }, text: string): string[] =>
  blobs === 0 ? [] : [`${blobs} ${blobs === 1 ? 'blob' : 'blobs'} (${formatSize(bytes)}) ${text}`]
