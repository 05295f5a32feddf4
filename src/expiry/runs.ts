import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Journal } from '../store/journal.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { type Deleted, Deleted as DeletedSchema, type ExpiryRun, type RunSummary } from './decision.ts'

/** Deletes of a run that are in one object: some 400 kB. */
const CHUNK = 1_000

/** Counts the deletes of a run by their outcome. */
export function summaryOf({ deletes, ...run }: ExpiryRun): RunSummary {
  const outcomes = { planned: 0, deleted: 0, untagged: 0, absent: 0, moved: 0, refused: 0, failed: 0 }
  for (const { outcome } of deletes) outcomes[outcome] += 1
  return { ...run, outcomes }
}

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

  /** Deletes the objects from `first` on, the last one first, so that a kill leaves none behind that are not found. */
  async function forgetDeletes(id: string, first = 0): Promise<void> {
    let end = first
    while ((await store.head(keyOf(id, end))) !== undefined) end += 1
    while (end-- > first) await store.delete(keyOf(id, end))
  }

  return {
    recent: journal.recent,
    positionOf: journal.positionOf,

    /** Writes the deletes first: a run that is listed has them. An earlier attempt of the run may have had more of them. */
    async append(run: ExpiryRun): Promise<void> {
      const deletes = [...run.deletes] // The run goes on meanwhile.
      for (let from = 0; from === 0 || from < deletes.length; from += CHUNK)
        await store.put(keyOf(run.id, from / CHUNK), JSON.stringify(deletes.slice(from, from + CHUNK)))
      await forgetDeletes(run.id, Math.max(1, Math.ceil(deletes.length / CHUNK)))
      await journal.append(summaryOf({ ...run, deletes }))
    },

    /** What an earlier attempt of a run has recorded; nothing if there was none. */
    async earlier(id: string): Promise<Deleted[]> {
      const found: Deleted[] = []
      for (let n = 0; ; n++) {
        const part = await chunk(id, n)
        if (part === undefined) return found
        found.push(...part)
      }
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

    forget: (before: Date): Promise<void> => journal.forget(before, (id) => forgetDeletes(id)),
  }
}
export type ExpiryRuns = ReturnType<typeof makeExpiryRuns>
