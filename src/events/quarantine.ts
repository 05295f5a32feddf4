import { createHash } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { type Static, Type } from 'typebox'
import { loadScript } from '../platform/lua-script.ts'

/** An event that was acknowledged and could not be understood, kept to be looked at and replayed. */
export const Quarantined = Type.Object({
  id: Type.String(),
  registry: Type.String(),
  receivedAt: Type.String({ description: 'When it came, or was last replayed; RFC 3339.' }),
  reason: Type.String({ description: 'What was wrong with it.' }),
  event: Type.Unknown(),
})
export type Quarantined = Static<typeof Quarantined>

/** Selects entries by registry and by a part of their reason. Without either it selects all. */
export const QuarantineFilter = Type.Object(
  { registry: Type.Optional(Type.String()), reason: Type.Optional(Type.String({ minLength: 1 })) },
  { additionalProperties: false },
)
export type QuarantineFilter = Static<typeof QuarantineFilter>

/** The newest entries are kept, up to this many and this many bytes. */
const KEPT = { entries: 10_000, bytes: 64 * 2 ** 20 }

/**
 * The longest event that is kept whole, in characters of JSON: one with some thousand references. Of a longer one the
 * beginning is kept.
 */
const WHOLE = 256 * 1024
const BEGINNING = 500

/** The number of entries read at a time. */
const PAGE = 100

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
    /** Newest first. */
    async list(limit: number, filter: QuarantineFilter): Promise<Quarantined[]> {
      const found: Quarantined[] = []
      for (let to = '+'; found.length < limit; ) {
        const rows = await redis.xrevrange(entries, to, '-', 'COUNT', PAGE)
        const last = rows.at(-1)
        if (last === undefined) break
        found.push(...rows.map(read).filter(passes(filter)))
        to = `(${last[0]}`
      }
      return found.slice(0, limit)
    },
    /** `id` as listed. */
    async get(id: string): Promise<Quarantined | undefined> {
      if (!ID.test(id)) return undefined
      const [row] = await redis.xrange(entries, id, id)
      return row && read(row)
    },
    /** Yields pages of the entries that were there when it began, oldest first. Entries added meanwhile are left out. */
    async *pages(filter: QuarantineFilter): AsyncGenerator<Quarantined[]> {
      const [newest] = await redis.xrevrange(entries, '+', '-', 'COUNT', 1)
      if (newest === undefined) return
      for (let from = '-'; ; ) {
        const rows = await redis.xrange(entries, from, newest[0], 'COUNT', PAGE)
        const last = rows.at(-1)
        if (last === undefined) return
        yield rows.map(read).filter(passes(filter))
        from = `(${last[0]}`
      }
    },
    /** Gives the number of entries removed. */
    async remove(ids: readonly string[]): Promise<number> {
      const valid = ids.filter((id) => ID.test(id))
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

/** The form of a stream id. Redis accepts other texts too and completes them. */
const ID = /^\d{1,19}-\d{1,19}$/

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
