import { createHash } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { type Static, Type } from 'typebox'
import { loadScript } from '../platform/lua-script.ts'

/** An event that was acknowledged and could not be understood, kept to be looked at and replayed. */
export const Quarantined = Type.Object({
  id: Type.String({ description: 'The id in quarantine.' }),
  registry: Type.String({ description: 'The registry that sent it.' }),
  receivedAt: Type.String({ description: 'When it came, or was last replayed; RFC 3339.' }),
  reason: Type.String({ description: 'What was wrong with it.' }),
  event: Type.Unknown({ description: 'The event as it came; of a long one, its beginning as a text.' }),
})
export type Quarantined = Static<typeof Quarantined>

/** Selects entries by registry and by a part of their reason. Without either it selects all. */
export const QuarantineFilter = Type.Object(
  {
    registry: Type.Optional(Type.String({ description: 'Only what this registry sent.' })),
    reason: Type.Optional(
      Type.String({ minLength: 1, description: 'Only what has this text in its reason.' }),
    ),
  },
  { additionalProperties: false },
)
export type QuarantineFilter = Static<typeof QuarantineFilter>

/** The newest entries are kept, up to this many and this many bytes. */
const KEPT = { entries: 10_000, bytes: 64 * 2 ** 20 }

/** What is read at a time: at most so many entries, and no more once they have so many bytes. */
const PAGE = { entries: 100, bytes: 2 ** 20 }

/** Bytes of entries that a request for a list reads at most, also if none of them passes the filter. */
const SCAN_BYTES = 8 * 2 ** 20

/** A page of a list, and the id after which the next page begins; `undefined` at the end of the list. */
export interface QuarantinePage {
  found: Quarantined[]
  next: string | undefined
}
/**
 * The longest event that is kept whole, in characters of JSON: one with some thousand references. Of a longer one the
 * beginning is kept.
 */
const WHOLE = 256 * 1024
const BEGINNING = 500

/**
 * Quarantine is a Redis stream, newest entry last; a stream id is the entry's id. A hash finds the entry of an event that
 * comes again, and another holds totals. All are in one slot of a Redis Cluster.
 */
export function makeQuarantine(
  { redis, prefix }: { redis: Redis | Cluster; prefix: string },
  kept: { entries: number; bytes: number } = KEPT,
) {
  const base = `${prefix}:{quarantine}`
  const keys = [`${base}:entries`, `${base}:marks`, `${base}:totals`]
  const [entries = '', , totals = ''] = keys
  const script = (name: string) =>
    loadScript(
      redis,
      new URL('scripts/quarantine-entry.lua', import.meta.url),
      new URL(name, import.meta.url),
    )
  const addScript = script('scripts/quarantine-add.lua')
  const removeScript = script('scripts/quarantine-remove.lua')
  const pageScript = loadScript(redis, new URL('scripts/quarantine-page.lua', import.meta.url))

  /** Entries with their bytes, in the order of `command`. */
  async function readRows(command: 'XRANGE' | 'XREVRANGE', from: string, to: string): Promise<Row[]> {
    const reply = await pageScript([entries], [command, from, to, PAGE.entries, PAGE.bytes])
    return Array.from({ length: reply.length / 2 }, (_, n) => {
      const text = String(reply[2 * n + 1])
      return { entry: { id: String(reply[2 * n]), ...JSON.parse(text) }, bytes: text.length }
    })
  }

  return {
    /** Adds an entry. It replaces an entry of the same event. Gives the number of old entries dropped to make room. */
    async add(entry: Omit<Quarantined, 'id'>): Promise<number> {
      const event = JSON.stringify(entry.event)
      // Without the reason: that may name the time of receipt, which differs when the event comes again.
      const mark = createHash('sha256').update(`${entry.registry} ${event}`).digest('hex')
      const stored = event.length > WHOLE ? cutShort(entry, event) : entry
      const args = [mark.slice(0, 32), JSON.stringify(stored), kept.entries, kept.bytes]
      const [dropped] = await addScript(keys, args)
      return Number(dropped)
    },
    /**
     * At most `limit` entries, newest first, after the id `after`. They are fewer if they are large, or if the filter
     * passes few.
     */
    async page(limit: number, filter: QuarantineFilter, after?: string): Promise<QuarantinePage> {
      const found: Quarantined[] = []
      let [bytes, scannedBytes, last] = [0, 0, after]
      while (scannedBytes < SCAN_BYTES) {
        const rows = await readRows('XREVRANGE', last === undefined ? '+' : `(${last}`, '-')
        if (rows.length === 0) return { found, next: undefined }
        for (const row of rows) {
          const isIn = passes(filter)(row.entry)
          if (isIn && (found.length === limit || bytes >= PAGE.bytes)) return { found, next: last }
          if (isIn) {
            found.push(row.entry)
            bytes += row.bytes
          }
          scannedBytes += row.bytes
          last = row.entry.id
        }
      }
      return { found, next: last }
    },
    /** `id` as listed. */
    async get(id: string): Promise<Quarantined | undefined> {
      if (!QUARANTINE_ID.test(id)) return undefined
      const [row] = await redis.xrange(entries, id, id)
      return row && read(row)
    },
    /** Yields pages of the entries that were there when it began, oldest first. Entries added meanwhile are left out. */
    async *pages(filter: QuarantineFilter): AsyncGenerator<Quarantined[]> {
      const [newest] = await redis.xrevrange(entries, '+', '-', 'COUNT', 1)
      if (newest === undefined) return
      for (let from = '-'; ; ) {
        const rows = await readRows('XRANGE', from, newest[0])
        const last = rows.at(-1)
        if (last === undefined) return
        yield rows.map(({ entry }) => entry).filter(passes(filter))
        from = `(${last.entry.id}`
      }
    },
    /** Gives the number of entries removed. */
    async remove(ids: readonly string[]): Promise<number> {
      const valid = ids.filter((id) => QUARANTINE_ID.test(id))
      if (valid.length === 0) return 0
      const [removed] = await removeScript(keys, valid)
      return Number(removed)
    },
    count: (): Promise<number> => redis.xlen(entries),
    /** The number of entries ever dropped to make room. */
    dropped: async (): Promise<number> => Number((await redis.hget(totals, 'dropped')) ?? 0),
  }
}
export type Quarantine = ReturnType<typeof makeQuarantine>

interface Row {
  entry: Quarantined
  bytes: number
}

/**
 * The form of a stream id. Redis accepts other texts too and completes them. No entry has the id 0-0, and Redis refuses to
 * look for entries before it.
 */
export const QUARANTINE_ID = /^(?!0+-0+$)\d{1,19}-\d{1,19}$/

function cutShort({ registry, receivedAt, reason }: Omit<Quarantined, 'id'>, event: string) {
  const cut = `${reason}; too long to be kept (${event.length} characters): this is its beginning`
  return { registry, receivedAt, reason: cut, event: event.slice(0, BEGINNING).toWellFormed() }
}

const read = ([id, fields]: [string, string[]]): Quarantined => ({ id, ...JSON.parse(fields[1] ?? '{}') })

const passes =
  ({ registry, reason }: QuarantineFilter) =>
  (one: Quarantined): boolean =>
    (registry === undefined || one.registry === registry) &&
    (reason === undefined || one.reason.includes(reason))
