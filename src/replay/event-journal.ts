import type { Cluster, Redis } from 'ioredis'
import type { Logger } from '../platform/log.ts'
import { type Entry, encodeEntry } from './journal-line.ts'

/** The keys of what waits to be written. They share a hash tag, so that one transaction can change them. */
export const journalKeys = (prefix: string) => ({
  /** Stream: lines of entries, in order of arrival. */
  waiting: `${prefix}:{journal}:waiting`,
  /** Their bytes. */
  bytes: `${prefix}:{journal}:bytes`,
  /** Entries for which there was no room. */
  lost: `${prefix}:{journal}:lost`,
  /** When what waits was looked at last, epoch ms. */
  written: `${prefix}:{journal}:written`,
})

/** What may wait in Redis, in bytes: an hour of 500 events a second while the store is away takes some 600 MB; a minute 10 MB. */
const ROOM = 64 * 1024 * 1024

/** So much waits only if many events come at once, in bytes. */
const MUCH = 8 * 1024 * 1024

/** The most text in one record of the stream, in bytes. */
const CHUNK = 256 * 1024

/** How often it is logged that there is no room, in ms. */
const SAID_MS = 60_000

/** Notes what the index is told, so that it can be replayed. */
export type NoteEntries = (entries: readonly Entry[]) => Promise<void>

/**
 * Notes entries in Redis, from where a job writes them to the store. The worker of accepted events calls it before it applies
 * them and before its job is done: an event is acknowledged when Redis has its job, and the job is there until the entry is. So a
 * kill at any moment leaves the event in the queue or in the journal, or in both, and never in neither; a reader leaves out the
 * second of two. The intake is no place for it: it would make each acknowledgement wait, and it does not know yet whether the
 * event can be understood, nor what of it is needed.
 *
 * While the store is away for long, what does not fit any more is left out, counted and told to the reader: no registry waits for
 * the journal.
 */
export function makeEventJournal({
  redis,
  prefix,
  log,
  onMuch,
  room = ROOM,
}: {
  redis: Redis | Cluster
  prefix: string
  log: Pick<Logger, 'warn'>
  /** Called when much waits: it is written now, and not at the next minute. */
  onMuch?: () => Promise<unknown>
  room?: number
}): NoteEntries {
  const keys = journalKeys(prefix)
  let saidAt = Number.NEGATIVE_INFINITY
  /** Bytes that waited when something was noted last. Redis is asked again only if they are too many. */
  let waiting = 0

  return async (entries) => {
    if (entries.length === 0) return
    if (waiting > room) waiting = Number(await redis.get(keys.bytes))
    if (waiting > room) {
      await redis.incrby(keys.lost, entries.length)
      if (performance.now() - saidAt < SAID_MS) return
      saidAt = performance.now()
      log.warn(
        'the journal has no room: its entries are not written to the store fast enough, and are left out',
      )
      return
    }
    for (const text of chunksOf(entries)) {
      const results = await redis
        .multi()
        .xadd(keys.waiting, '*', 'l', text)
        .incrby(keys.bytes, Buffer.byteLength(text))
        .exec()
      for (const [error] of results ?? []) if (error) throw error
      waiting = Number(results?.[1]?.[1])
      if (waiting > MUCH) await onMuch?.()
    }
  }
}

function* chunksOf(entries: readonly Entry[]): Generator<string> {
  let text = ''
  for (const entry of entries) {
    text += `${encodeEntry(entry)}\n`
    if (text.length < CHUNK) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}
