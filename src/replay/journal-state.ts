import type { Cluster, Redis } from 'ioredis'
import { journalKeys } from './event-journal.ts'

/** How far the journal of events is behind. */
export interface JournalState {
  /** Bytes of text that wait in Redis to be written to the store. */
  waitingBytes: number
  /** How long the oldest of it waits, in ms; 0 if nothing waits. */
  oldestMs: number
  /** Entries that were left out as there was no room for them, since an object was written last. */
  leftOut: number
}

/** Reads how far the journal is behind. If the store takes nothing, or no worker writes, the oldest entry gets older. `now`: epoch ms. */
export async function readJournalState({
  redis,
  prefix,
  now,
}: {
  redis: Redis | Cluster
  prefix: string
  now: () => number
}): Promise<JournalState> {
  const keys = journalKeys(prefix)
  const [oldest, bytes, leftOut] = await Promise.all([
    redis.xrange(keys.waiting, '-', '+', 'COUNT', 1),
    redis.get(keys.bytes),
    redis.get(keys.lost),
  ])
  const id = oldest[0]?.[0]
  return {
    waitingBytes: Math.max(0, Number(bytes)),
    // The id of a record begins with when Redis got it, in epoch ms by its own clock.
    oldestMs: id === undefined ? 0 : Math.max(0, now() - Number(id.split('-')[0])),
    leftOut: Math.max(0, Number(leftOut)),
  }
}
