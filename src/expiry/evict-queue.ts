import { makeHeap } from '../platform/heap.ts'
import type { Pieces } from '../platform/pieces.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Reclaim } from '../usage/read-reclaim.ts'
import type { Freed } from '../usage/reclaim.ts'
import type { Family } from './evict-families.ts'
import { type EvictOrder, isEarlier } from './evict-order.ts'

/** Takes families away and puts them back. An image goes with the last family that has it. */
export function makeTaking(reclaim: Pick<Reclaim, 'take' | 'putBack'>) {
  /** How many families that stay have an image. */
  const families = new Map<IndexedImage, number>()
  const count = (image: IndexedImage, by: 1 | -1): number => {
    const left = (families.get(image) ?? 0) + by
    families.set(image, left)
    return left
  }
  return {
    add(family: Family): void {
      for (const image of family.images) count(image, 1)
    },
    take(family: Family): { images: IndexedImage[]; freed: Freed } {
      const images = family.images.filter((image) => count(image, -1) === 0)
      return { images, freed: reclaim.take(images) }
    },
    putBack: (family: Family): Freed =>
      reclaim.putBack(family.images.filter((image) => count(image, 1) === 1)),
  }
}
export type Taking = ReturnType<typeof makeTaking>

export interface EvictQueue {
  /** The family that is to go next. */
  next(): Family | undefined
  /** To be called once a family is taken. */
  noteTaken(family: Family): void
}

/** Gives the families in the order in which they are to go, given those that are gone. */
export function* queueOf(families: readonly Family[], order: EvictOrder, taking: Taking): Pieces<EvictQueue> {
  interface Entry {
    family: Family
    bytes: number
  }
  const heap = makeHeap<Entry>((a, b) =>
    a.bytes === b.bytes ? isEarlier(order, a.family, b.family) : a.bytes > b.bytes,
  )
  /** What each family that waits frees now. An entry of the heap that says something else is out of date. */
  const waiting = new Map<Family, number>()
  const sharers = new Map<string, { left: number; families: Family[] }>()

  function bytesOf(family: Family): number {
    const { uniqueBytes } = taking.take(family).freed
    taking.putBack(family)
    return uniqueBytes
  }
  function add(family: Family): void {
    const bytes = order === 'largest-reclaimable' ? bytesOf(family) : 0
    if (waiting.get(family) === bytes) return
    waiting.set(family, bytes)
    heap.push({ family, bytes })
  }

  for (const family of families) {
    add(family)
    if (order === 'largest-reclaimable')
      for (const key of keysOf(family)) {
        const known = sharers.get(key)
        if (known === undefined) sharers.set(key, { left: 1, families: [family] })
        else known.left = known.families.push(family)
      }
    yield
  }

  return {
    next() {
      for (let entry = heap.pop(); entry !== undefined; entry = heap.pop())
        if (waiting.get(entry.family) === entry.bytes) return entry.family
      return undefined
    },

    /** A family frees more once it is the last one that has a content. */
    noteTaken(family) {
      waiting.delete(family)
      if (order !== 'largest-reclaimable') return
      const alone = new Set<Family>()
      for (const key of keysOf(family)) {
        const shared = sharers.get(key)
        if (shared === undefined || --shared.left !== 1) continue
        const last = shared.families.find((one) => waiting.has(one))
        if (last !== undefined) alone.add(last)
      }
      for (const last of alone) add(last)
    },
  }
}

/** The keys of all contents of a family. */
const keysOf = ({ images }: Family): Set<string> =>
  new Set(
    images.flatMap(({ digest, references = [] }) => [
      digestKey(digest),
      ...references.flatMap(({ kind, key }) => (kind === 'blob' ? [key] : [])),
    ]),
  )
