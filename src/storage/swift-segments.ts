import { type SwiftContainer, type SwiftEntry, splitManifest } from './swift-container.ts'

/** Bytes at the end of the hex in a segment's name: 32 by chance, and a SHA-1. */
const CHANCE_BYTES = 52

/** The segments of distribution's swift driver: those objects of a container whose names start with `prefix`. */
export function makeSwiftSegments(container: SwiftContainer, prefix: string) {
  /** Tells whether a large object anywhere in the container has this segment. */
  async function findUsed(): Promise<(name: string) => boolean> {
    const prefixes = new Set<string>()
    for await (const named of container.namedBy(container.entries('')))
      for (const manifest of named) {
        const [of, start] = splitManifest(manifest)
        if (of === container.container) prefixes.add(start)
      }
    return startsWithOneOf(prefixes)
  }

  return {
    /** Segments that no object names. While somebody pushes, also those of what is pushed. */
    async *unnamed(): AsyncGenerator<SwiftEntry> {
      const isUsed = await findUsed()
      for await (const entry of container.entries(prefix)) if (!isUsed(entry.name)) yield entry
    },

    /**
     * Those of `names` that may be deleted: no object names them, and all segments of the same upload are older than `before`
     * and in `names`, and the upload is over (`isOpen`).
     */
    async deletable(
      names: ReadonlySet<string>,
      before: Date,
      isOpen: (upload: string) => Promise<boolean>,
    ): Promise<SwiftEntry[]> {
      const isUsed = await findUsed()
      const found: SwiftEntry[] = []
      for await (const folder of byFolder(container.entries(prefix))) {
        const isOver = folder.every(
          ({ name, modifiedAt }) => names.has(name) && modifiedAt < before && !isUsed(name),
        )
        const upload = uploadOf(folder[0]?.name.slice(prefix.length) ?? '')
        if (isOver && !(upload !== undefined && (await isOpen(upload)))) found.push(...folder)
      }
      return found
    },
  }
}

async function* byFolder(entries: AsyncIterable<SwiftEntry>): AsyncGenerator<SwiftEntry[]> {
  const folderOf = ({ name }: SwiftEntry) => name.slice(0, name.lastIndexOf('/'))
  let folder: SwiftEntry[] = []
  for await (const entry of entries) {
    const [first] = folder
    if (first !== undefined && folderOf(first) !== folderOf(entry)) {
      yield folder
      folder = []
    }
    folder.push(entry)
  }
  if (folder.length > 0) yield folder
}

/**
 * The folder of the upload that wrote a segment: `/docker/registry/v2/repositories/…/_uploads/<id>/`. The driver makes a
 * segment's name of it: the hex of the path that is written, of 32 bytes by chance and of a SHA-1, with a '/' after three digits
 * (swiftSegmentPath in registry/storage/driver/swift/swift.go). Undefined if the name was made otherwise.
 */
export function uploadOf(name: string): string | undefined {
  const [start = '', rest = '', number] = name.split('/')
  const hex = start + rest
  if (number === undefined || !/^([0-9a-f]{2})+$/.test(hex)) return undefined
  const path = Buffer.from(hex, 'hex').subarray(0, -CHANCE_BYTES).toString()
  return /^\/docker\/registry\/v2\/repositories\/.+\/_uploads\/[^/]+\//.exec(path)?.[0]
}

/** Tells whether a text starts with one of these. */
function startsWithOneOf(prefixes: Iterable<string>): (text: string) => boolean {
  const shortest: string[] = []
  for (const prefix of [...prefixes].sort())
    if (shortest.length === 0 || !prefix.startsWith(shortest.at(-1) ?? '')) shortest.push(prefix)
  // None of these starts with another, so only the last one that is not after the text can be its start.
  return (text) => {
    let [low, high] = [0, shortest.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((shortest[middle] ?? '') <= text) low = middle + 1
      else high = middle
    }
    const last = shortest[low - 1]
    return last !== undefined && text.startsWith(last)
  }
}
