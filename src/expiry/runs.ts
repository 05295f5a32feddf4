import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { makeJournal } from '../store/journal.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { keepFor } from '../store/retention.ts'
import { type Deleted, Deleted as DeletedSchema, type ExpiryRun, RunSummary } from './decision.ts'
import { identityIn } from './run-id.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Deletes of a run that are in one object: some 400 kB, and 50 kB compressed. */
const CHUNK = 1_000

/** Counts the deletes of a run by their outcome. */
export function summaryOf({ deletes, ...run }: ExpiryRun): RunSummary {
  const outcomes = {
    planned: 0,
    plannedTags: 0,
    deleted: 0,
    untagged: 0,
    absent: 0,
    moved: 0,
    refused: 0,
    failed: 0,
  }
  for (const { outcome, verdict } of deletes)
    outcomes[outcome === 'planned' && verdict === 'untag' ? 'plannedTags' : outcome] += 1
  return { ...run, outcomes }
}

/** How long dry runs are kept, in ms: a week. */
export const DRY_RUN_MS = 7 * 86_400_000

/**
 * The records of expiry runs. A run can have 100,000 deletes, so they are not in the journals: the objects
 * `expiry-deletes/<id>-<n>.json.zst` have them, `CHUNK` in each. Every run has the first one. Runs that delete are kept for
 * `keepMs`, dry runs for a week at most. `now` gives epoch ms.
 */
export function makeExpiryRuns(deps: {
  store: ObjectStore
  keepMs: number
  now: () => number
  onUnreadable: (key: string, error: Error) => void
  /** What failed when old runs were to be deleted. */
  onError: (error: Error) => void
}) {
  const { store } = deps
  const keyOf = (id: string, n: number) => `expiry-deletes/${id}-${n}.json.zst`

  async function putChunk(id: string, n: number, deletes: readonly Deleted[]): Promise<void> {
    await store.put(keyOf(id, n), await compress(JSON.stringify(deletes)))
  }

  async function getChunk(id: string, n: number): Promise<Deleted[] | undefined> {
    const body = await store.get(keyOf(id, n))
    return body && Value.Parse(Type.Array(DeletedSchema), JSON.parse((await decompress(body)).toString()))
  }

  /** Deletes the objects from `first` on, the last one first, so that a kill leaves none behind that are not found. */
  async function forgetDeletes(id: string, first = 0): Promise<void> {
    let end = first
    while ((await store.head(keyOf(id, end))) !== undefined) end += 1
    while (end-- > first) await store.delete(keyOf(id, end))
  }

  function openJournal(kind: 'expiry-runs' | 'expiry-dry-runs', keepMs: number) {
    const journal = makeJournal({ store, kind, schema: RunSummary, onUnreadable: deps.onUnreadable })
    const forget = (before: Date) => journal.forget(before, (id) => forgetDeletes(id))
    return keepFor({ ...journal, forget }, { ...deps, keepMs })
  }
  const real = openJournal('expiry-runs', deps.keepMs)
  const dry = openJournal('expiry-dry-runs', Math.min(deps.keepMs, DRY_RUN_MS))

  return {
    positionOf: real.positionOf,

    /** Runs of both kinds, the newest first. */
    async recent(limit: number, after?: string): Promise<RunSummary[]> {
      const found = await Promise.all([real.recent(limit, after), dry.recent(limit, after)])
      return found.flat().sort(newestFirst).slice(0, limit)
    },

    async get(id: string): Promise<RunSummary | undefined> {
      const identity = identityIn(id)
      return identity && ((await real.get(identity)) ?? dry.get(identity))
    },

    /**
     * Writes the deletes first: a run that is listed has them. The first `stored` of them are there as they are. An earlier
     * attempt of the run may have had more deletes.
     */
    async append(run: ExpiryRun, stored = 0): Promise<void> {
      const deletes = [...run.deletes] // The run goes on meanwhile.
      const summary = summaryOf({ ...run, deletes })
      let n = Math.floor(stored / CHUNK)
      for (; n === 0 || n * CHUNK < deletes.length; n++)
        await putChunk(run.id, n, deletes.slice(n * CHUNK, (n + 1) * CHUNK))
      await forgetDeletes(run.id, n)
      await (run.dryRun ? dry : real).append(summary)
    },

    /** What an earlier attempt of a run has recorded; nothing if there was none. */
    async earlier(id: string): Promise<Deleted[]> {
      const found: Deleted[] = []
      for (let n = 0; ; n++) {
        const part = await getChunk(id, n)
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
        const part = await getChunk(id, n)
        if (part === undefined) break
        found.push(...part)
      }
      const skipped = from - first * CHUNK
      return found.slice(skipped, skipped + limit)
    },
  }
}
/** In the order of a journal. */
const newestFirst = (a: RunSummary, b: RunSummary): number =>
  Date.parse(b.at) - Date.parse(a.at) || (a.id < b.id ? -1 : 1)

export type ExpiryRuns = ReturnType<typeof makeExpiryRuns>
