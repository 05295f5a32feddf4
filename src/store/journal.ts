import { type Static, type TSchema, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { ObjectStore } from './object-store.ts'

/** The fields of every record, beside those of its own schema. */
const Entry = Type.Object({
  id: Type.String({ pattern: '^[A-Za-z0-9_-]+$' }),
  /** RFC 3339 */
  at: Type.String(),
})
type Entry = Static<typeof Entry>

/** Where a record is in its journal: `<day>/<LAST_MS - epoch ms>-<id>`. */
export const JournalPosition = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d/\\d{13}-[A-Za-z0-9_-]+$' })

export interface Journal<T extends Entry> {
  /** Overwrites a record of the same id and `at`. @throws RangeError for an id or a time that cannot be in a key. */
  append(record: T): Promise<void>
  /**
   * At most `limit` records, the newest first, after the position `after`. Records of the same millisecond are in the
   * order of their ids. Reads the names of the days, and of those days only that have these records.
   */
  recent(limit: number, after?: string): Promise<T[]>
  positionOf(record: Entry): string
  /** The record with this id and time. */
  get(entry: Entry): Promise<T | undefined>
  /** Deletes the records of all days (UTC) before that of `before`. Calls `onForget` before it deletes a record. */
  forget(before: Date, onForget?: (id: string) => Promise<void>): Promise<void>
}

/** A position, with a capture of the id. Objects of others may be beside ours. */
const POSITION = /^\d{4}-\d\d-\d\d\/\d{13}-([A-Za-z0-9_-]+)$/

/** Number of objects that are fetched at once. */
const PARALLEL = 8

/** The last epoch in milliseconds that has 13 digits, in the year 2286. */
const LAST_MS = 9_999_999_999_999

/** The length of `2026-11-23`. */
const DAY_LENGTH = 10

/**
 * Keeps records as JSON objects `<kind>/<day>/<LAST_MS - epoch ms>-<id>.json`. Stores list in ascending order, so the
 * newest of a day comes first. An object that does not match `schema` is skipped and reported to `onUnreadable`. Errors of
 * the store are thrown.
 */
export function makeJournal<S extends TSchema>(options: {
  store: ObjectStore
  kind: 'promotions' | 'expiry-runs' | 'expiry-dry-runs' | 'alerts' | 'audit' | `collections/${string}`
  schema: S
  onUnreadable: (key: string, error: Error) => void
}): Journal<Entry & Static<S>> {
  type Record = Entry & Static<S>
  const { store, kind, schema, onUnreadable } = options
  const keyOf = (position: string) => `${kind}/${position}.json`
  const positionIn = (key: string) => key.slice(`${kind}/`.length, -'.json'.length)

  const read = async (key: string): Promise<Record | undefined> => {
    const body = await store.get(key)
    if (body === undefined) return undefined
    try {
      const record: unknown = JSON.parse(body.toString())
      if (Value.Check(Entry, record) && Value.Check(schema, record)) return record
      const [first] = [...Value.Errors(Entry, record), ...Value.Errors(schema, record)]
      throw new Error(`${first?.instancePath || 'it'} ${first?.message ?? 'does not match'}`)
    } catch (error) {
      onUnreadable(key, error instanceof Error ? error : new Error(String(error)))
      return undefined
    }
  }

  /** Keys of records after a position, the newest first. */
  async function* keysAfter(after: string | undefined): AsyncGenerator<string> {
    const lastDay = after?.slice(0, DAY_LENGTH)
    for (const folder of (await store.folders(`${kind}/`)).reverse()) {
      const day = folder.slice(0, -1)
      if (lastDay !== undefined && day > lastDay) continue
      for await (const { key } of store.list(`${kind}/${folder}`))
        if (after === undefined || day !== lastDay || positionIn(key) > after) yield key
    }
  }

  return {
    positionOf,
    get: ({ id, at }) => read(keyOf(positionOf({ id, at }))),

    async append(record) {
      await store.put(keyOf(positionOf(record)), JSON.stringify(record))
    },

    async recent(limit, after) {
      const records: Record[] = []
      const keys: string[] = []
      const readKeys = async () => {
        for (const record of await Promise.all(keys.splice(0).map(read))) if (record) records.push(record)
      }
      for await (const key of keysAfter(after)) {
        if (records.length >= limit) break
        keys.push(key)
        if (keys.length === Math.min(PARALLEL, limit - records.length)) await readKeys()
      }
      await readKeys()
      return records
    },

    async forget(before, onForget) {
      const firstKept = `${dayOf(before)}/`
      for (const folder of await store.folders(`${kind}/`)) {
        if (folder >= firstKept) return
        for await (const { key } of store.list(`${kind}/${folder}`)) {
          const [, id] = key.endsWith('.json') ? (POSITION.exec(positionIn(key)) ?? []) : []
          if (id === undefined) continue
          await onForget?.(id)
          await store.delete(key)
        }
      }
    },
  }
}

const dayOf = (date: Date): string => date.toISOString().slice(0, DAY_LENGTH)

/** @throws RangeError for an id that cannot be in a key, an invalid time, and a time outside 1970 to 2286. */
function positionOf({ id, at }: Entry): string {
  const inverted = LAST_MS - Date.parse(at)
  if (!Value.Check(Entry, { id, at }) || !(inverted >= 0 && inverted <= LAST_MS))
    throw new RangeError(
      `no journal entry can have the id ${JSON.stringify(id)} and the time ${JSON.stringify(at)}`,
    )
  return `${dayOf(new Date(at))}/${String(inverted).padStart(13, '0')}-${id}`
}
