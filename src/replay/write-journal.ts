import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import type { Cluster, Redis } from 'ioredis'
import type { ObjectStore } from '../store/object-store.ts'
import { journalKeys } from './event-journal.ts'
import type { Gap } from './journal-line.ts'
import { heardFrom, JOURNAL, journalKeyOf } from './journal-object.ts'

const compress = promisify(zstdCompress)

/** An object is written once so much text waits, in bytes, or once the oldest has waited so long, in ms. */
const FULL = 1024 * 1024
const OLD_MS = 5 * 60_000

/** The most text in one object, in bytes, beside one record of the stream. It is in memory at once. */
const MOST = 8 * 1024 * 1024

/** How many records of the stream are read at once. */
const PAGE = 32

/** After how long without a look the reader is told of a gap, in ms: the journal was off, or no worker ran. */
const ABSENT_MS = 60 * 60_000

export interface Written {
  objects: number
  /** Bytes of text, and of the objects. */
  textBytes: number
  bytes: number
  /** What is missing until now. It comes before the next object: no reader of the store is told of it yet. */
  untold?: Gap
}

const NOTHING: Written = { objects: 0, textBytes: 0, bytes: 0 }

/**
 * Moves what waits in Redis to the store, and deletes the days before `keepMs`. An object is named by its first record, so a run
 * that is repeated after a kill writes the same object again. Records leave Redis once the object is there.
 */
export function makeWriteJournal(deps: {
  redis: Redis | Cluster
  prefix: string
  store: Pick<ObjectStore, 'put' | 'list' | 'folders' | 'delete'>
  keepMs: number
  /** epoch ms */
  now: () => number
}) {
  const { redis, store } = deps
  const keys = journalKeys(deps.prefix)

  /** The next records, of at most `MOST` bytes and a record. */
  async function next(): Promise<{ id: string; text: string }[]> {
    const records: { id: string; text: string }[] = []
    let bytes = 0
    let from = '-'
    for (;;) {
      const page = await redis.xrange(keys.waiting, from, '+', 'COUNT', PAGE)
      for (const [id, [, text = '']] of page) {
        records.push({ id, text })
        bytes += Buffer.byteLength(text)
        if (bytes >= MOST) return records
      }
      const last = page.at(-1)?.[0]
      if (page.length < PAGE || last === undefined) return records
      from = `(${last}`
    }
  }

  /** What the reader is told to be missing before the records that come now. */
  async function gapBefore(): Promise<Gap | undefined> {
    const [lost, written] = [Number(await redis.get(keys.lost)), Number(await redis.get(keys.written))]
    // It begins, or Redis has lost what waited.
    if (written === 0) return { lost, since: await newestObject() }
    const isAbsent = deps.now() - written > ABSENT_MS
    return lost > 0 || isAbsent ? { lost, since: written } : undefined
  }

  /** When the newest object begins, epoch ms; 0 if there is none. */
  async function newestObject(): Promise<number> {
    for (const day of (await store.folders(JOURNAL)).reverse()) {
      const keys = await Array.fromAsync(store.list(`${JOURNAL}${day}`), ({ key }) => heardFrom(key))
      const newest = keys.findLast((at) => at !== undefined)
      if (newest !== undefined) return newest
    }
    return 0
  }

  async function writeObject(
    records: readonly { id: string; text: string }[],
    gap: Gap | undefined,
  ): Promise<Written> {
    const [first, last] = [records[0], records.at(-1)]
    if (first === undefined || last === undefined) return NOTHING
    const lines = records.map(({ id, text }) => `${msOf(id)}\n${text}`)
    const text = Buffer.from(`${gap ? `${JSON.stringify(gap)}\n` : ''}${lines.join('')}`)
    const body = await compress(text)
    // A process that was frozen must not write less over what another one has written since.
    if ((await redis.xrange(keys.waiting, first.id, first.id)).length === 0) return NOTHING
    await store.put(journalKeyOf(first.id), body)
    const removed = records.reduce((sum, one) => sum + Buffer.byteLength(one.text), 0)
    const multi = redis.multi().xtrim(keys.waiting, 'MINID', after(last.id)).decrby(keys.bytes, removed)
    if (gap && gap.lost > 0) multi.decrby(keys.lost, gap.lost)
    for (const [error] of (await multi.exec()) ?? []) if (error) throw error
    return { objects: 1, textBytes: text.length, bytes: body.length }
  }

  async function prune(): Promise<void> {
    const firstKept = `${new Date(deps.now() - deps.keepMs).toISOString().slice(0, 10)}/`
    for (const day of await store.folders(JOURNAL)) {
      if (day >= firstKept) return
      // Objects of others may be beside ours.
      for await (const { key } of store.list(`${JOURNAL}${day}`))
        if (heardFrom(key) !== undefined) await store.delete(key)
    }
  }

  /** `isAll`: writes also what is neither much nor old. */
  return async function writeJournal({ isAll = false } = {}): Promise<Written> {
    const total = { ...NOTHING }
    let gap = await gapBefore()
    for (;;) {
      const records = await next()
      const waiting = records.reduce((sum, { text }) => sum + text.length, 0)
      const oldest = msOf(records[0]?.id ?? '')
      const isDue = isAll || waiting >= FULL || deps.now() - oldest > OLD_MS
      if (records.length === 0 || !isDue) break
      const written = await writeObject(records, gap)
      gap = undefined
      total.objects += written.objects
      total.textBytes += written.textBytes
      total.bytes += written.bytes
    }
    // A gap that nobody was told of yet stays: it comes before the next object.
    if (gap === undefined) await redis.set(keys.written, deps.now())
    await prune()
    return gap === undefined ? total : { ...total, untold: gap }
  }
}
export type WriteJournal = ReturnType<typeof makeWriteJournal>

const msOf = (id: string): number => Number(id.split('-')[0])

/** The id after this one. */
function after(id: string): string {
  const [ms, n] = id.split('-')
  return `${ms}-${Number(n) + 1}`
}
