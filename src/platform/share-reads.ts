import { setTimeout as sleep } from 'node:timers/promises'

/** How long a result is used, in times of what its reading took. So reading takes a tenth of the time, at most. */
const REST = 10

/** How long a caller waits for a newer result, in ms, if there is an older one. */
const PATIENCE_MS = 5

/** A result older than this is not given, in ms. */
const STALE_MS = 60_000

/**
 * Shares a costly read among its callers: one runs at a time. While a result is new, callers get it. Later, the first
 * caller starts a new read. Callers wait for it for a moment and then get the old result, unless that is too old.
 */
export function shareReads<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { result: T; readAt: number; freshUntil: number } | undefined
  let running: Promise<T> | undefined

  async function readNew(): Promise<T> {
    const readAt = performance.now()
    try {
      const result = await read()
      const now = performance.now()
      last = { result, readAt, freshUntil: now + REST * (now - readAt) }
      return result
    } finally {
      running = undefined
    }
  }

  return async () => {
    const now = performance.now()
    if (last !== undefined && now < last.freshUntil) return last.result
    running ??= readNew()
    if (last === undefined || now - last.readAt > STALE_MS) return running
    // The caller may have gone when it fails. The next caller starts another one.
    running.catch(() => undefined)
    return Promise.race([running, sleep(PATIENCE_MS, last.result)])
  }
}
