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

export interface Journal<T extends Entry> {
  /** Overwrites a record of the same id and `at`. @throws RangeError for an id or a time that cannot be in a key. */
  append(record: T): Promise<void>
  /** At most `limit` records, the newest first; records of the same millisecond in the order of their ids. */
  recent(limit: number): Promise<T[]>
  /** The newest record of an id. Lists keys, newest first, until it finds the id: too slow for loops. */
  get(id: string): Promise<T | undefined>
}

/** Number of objects that are fetched at once. */
const PARALLEL = 8

/** The last epoch in milliseconds that has 13 digits, in the year 2286. */
const LAST_MS = 9_999_999_999_999

/**
 * Keeps records as JSON objects `<kind>/<LAST_MS - epoch ms>-<id>.json`: stores list in ascending order, so the newest
 * comes first. An object that does not match `schema` is skipped and reported to `onUnreadable`. Errors of the store are
 * thrown.
 */
export function makeJournal<S extends TSchema>(options: {
  store: ObjectStore
  kind: 'promotions' | 'expiry-runs' | 'alerts'
  schema: S
  onUnreadable: (key: string, error: Error) => void
}): Journal<Entry & Static<S>> {
  type Record = Entry & Static<S>
  const { store, kind, schema, onUnreadable } = options

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

  return {
    async append(record) {
      await store.put(`${kind}/${entryName(record)}`, JSON.stringify(record))
    },

    async recent(limit) {
      const records: Record[] = []
      const keys: string[] = []
      const readKeys = async () => {
        for (const record of await Promise.all(keys.splice(0).map(read))) if (record) records.push(record)
      }
      for await (const { key } of store.list(`${kind}/`)) {
        if (records.length >= limit) break
        keys.push(key)
        if (keys.length === Math.min(PARALLEL, limit - records.length)) await readKeys()
      }
      await readKeys()
      return records
    },

    async get(id) {
      const idStart = `${kind}/${LAST_MS}-`.length
      for await (const { key } of store.list(`${kind}/`))
        if (key.slice(idStart) === `${id}.json`) return read(key)
      return undefined
    },
  }
}

/** @throws RangeError for an id that cannot be in a key, an invalid time, and a time outside 1970 to 2286. */
function entryName({ id, at }: Entry): string {
  const inverted = LAST_MS - Date.parse(at)
  if (!Value.Check(Entry, { id, at }) || !(inverted >= 0 && inverted <= LAST_MS))
    throw new RangeError(
      `no journal entry can have the id ${JSON.stringify(id)} and the time ${JSON.stringify(at)}`,
    )
  return `${String(inverted).padStart(13, '0')}-${id}.json`
}
