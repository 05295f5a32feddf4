import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Journal } from '../store/journal.ts'
import type { ObjectStore } from '../store/object-store.ts'
import {
  countOutcomes,
  type Deleted,
  Deleted as DeletedSchema,
  type ExpiryRun,
  type RunSummary,
} from './decision.ts'

/** Deletes of a run that are in one object: some 400 kB. */
const CHUNK = 1_000

/**
 * The records of expiry runs. A run can have 100,000 deletes, so they are not in the journal: the objects
 * `expiry-deletes/<id>-<n>.json` have them, `CHUNK` in each. Every run has the first one.
 */
export function makeExpiryRuns({ store, journal }: { store: ObjectStore; journal: Journal<RunSummary> }) {
  const keyOf = (id: string, n: number) => `expiry-deletes/${id}-${n}.json`

  async function chunk(id: string, n: number): Promise<Deleted[] | undefined> {
    const body = await store.get(keyOf(id, n))
    return body && Value.Parse(Type.Array(DeletedSchema), JSON.parse(body.toString()))
  }

  /** Deletes the last object first, so that a kill leaves none behind that are not found. */
  async function forgetDeletes(id: string): Promise<void> {
    let count = 0
    while ((await store.head(keyOf(id, count))) !== undefined) count += 1
    while (count-- > 0) await store.delete(keyOf(id, count))
  }

  return {
    recent: journal.recent,
    positionOf: journal.positionOf,

    /** Writes the deletes first: a run that is listed has them. */
    async append({ deletes, ...run }: ExpiryRun): Promise<void> {
      for (let from = 0; from === 0 || from < deletes.length; from += CHUNK)
        await store.put(keyOf(run.id, from / CHUNK), JSON.stringify(deletes.slice(from, from + CHUNK)))
      await journal.append({ ...run, outcomes: countOutcomes(deletes) })
    },

    /** At most `limit` deletes of a run, from the one with the index `from` on. `undefined` if there is no such run. */
    async deletes(id: string, from: number, limit: number): Promise<Deleted[] | undefined> {
      if (from === 0 && (await store.head(keyOf(id, 0))) === undefined) return undefined
      const first = Math.floor(from / CHUNK)
      const found: Deleted[] = []
      for (let n = first; n * CHUNK < from + limit; n++) {
        const part = await chunk(id, n)
        if (part === undefined) break
        found.push(...part)
      }
      const skipped = from - first * CHUNK
      return found.slice(skipped, skipped + limit)
    },

    forget: (before: Date): Promise<void> => journal.forget(before, forgetDeletes),
  }
}
export type ExpiryRuns = ReturnType<typeof makeExpiryRuns>
