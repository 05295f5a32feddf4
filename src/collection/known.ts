import type { ObjectStore } from '../store/object-store.ts'
import { storedJson } from '../store/stored-json.ts'
import { type Advice, adviceOf, Known, type LastCollection, type Thresholds } from './advice.ts'
import { nextKnown, type Seen } from './next-known.ts'

/** The images that undo needs, with the digests that each names. */
type Undoable = AsyncIterable<{ until: number; blobs: readonly string[] }>

/**
 * What is known of the garbage of registries, kept in the store: `collections-known/<registry>.json`. It is brought up to date by
 * each survey and each collection. Writers of one registry run one after the other: a survey, or a collection, whose own
 * surveys are these.
 */
export function makeKnown(deps: {
  store: Pick<ObjectStore, 'get' | 'put'>
  thresholdsOf: (registry: string) => Thresholds
  undoableOf: (registry: string) => Undoable
  /** Told once that a collection pays. */
  onPays: (advice: Advice) => Promise<void>
  /** epoch ms */
  now: () => number
}) {
  const keyOf = (registry: string) => `collections-known/${registry}.json`

  async function read(registry: string): Promise<Known | undefined> {
    return storedJson(Known, await deps.store.get(keyOf(registry)))
  }
  const write = (known: Known) => deps.store.put(keyOf(known.registry), JSON.stringify(known))

  return {
    read,

    /** `undefined` before the first survey. */
    async adviceOf(registry: string): Promise<Advice | undefined> {
      const known = await read(registry)
      return known && adviceOf(known, deps.thresholdsOf(registry), deps.now())
    },

    /** Takes in a survey, and tells if a collection pays and nobody was told since the last one. */
    async onSurveyed(seen: Omit<Seen, 'undoable'>): Promise<void> {
      const sizes = new Map(seen.candidates.map(({ digest, size }) => [digest, size]))
      const sums = new Map<number, { images: number; bytes: number }>()
      for await (const { until, blobs } of deps.undoableOf(seen.registry)) {
        const sum = sums.get(until) ?? { images: 0, bytes: 0 }
        sum.images++
        // What two images share is freed only with the one that is promised for longer; which of them gets it matters little.
        for (const digest of blobs) {
          sum.bytes += sizes.get(digest) ?? 0
          sizes.delete(digest)
        }
        sums.set(until, sum)
      }
      const undoable = byHour(sums)
      const known = nextKnown(await read(seen.registry), { ...seen, undoable })
      const advice = adviceOf(known, deps.thresholdsOf(seen.registry), deps.now())
      await write({ ...known, isTold: known.isTold || advice.pays })
      if (advice.pays && !known.isTold) await deps.onPays(advice)
    },

    /** Takes in the end of a collection by Tallyman. */
    async onCollected(registry: string, last: LastCollection): Promise<void> {
      const known = await read(registry)
      if (known === undefined) return
      const [newest] = known.points.slice(-1)
      // The newest survey is that after it, unless that one failed.
      const points = newest === undefined || last.freed === null ? [] : [newest]
      await write({ ...known, last, points, isTold: false })
    },
  }
}
export type KnownGarbage = ReturnType<typeof makeKnown>

const HOUR_MS = 3_600_000

/** Joins what ends within the same hour, so that a run of expiry is one entry. */
function byHour(sums: ReadonlyMap<number, { images: number; bytes: number }>): Known['undoable'] {
  const hours = new Map<number, { images: number; bytes: number }>()
  for (const [until, { images, bytes }] of sums) {
    const hour = Math.ceil(until / HOUR_MS) * HOUR_MS
    const sum = hours.get(hour) ?? { images: 0, bytes: 0 }
    hours.set(hour, { images: sum.images + images, bytes: sum.bytes + bytes })
  }
  return [...hours].map(([until, sum]) => ({ until: new Date(until).toISOString(), ...sum }))
}
