import { setTimeout as sleep } from 'node:timers/promises'

/** How long a caller waits for a newer result, in ms, if there is one that is not too old. */
const PATIENCE_MS = 5

/** A result is too old after this many times its `freshMs`. */
const TOO_OLD = 4

/**
 * Shares a costly read among its callers: one runs at a time. Callers get a result until it is `freshMs` old, in ms. Then
 * the next caller starts a new read. While it runs, callers wait for a moment and get the old result, unless that is too
 * old.
 */
export function shareReads<T>(read: () => Promise<T>, freshMs: (result: T) => number): () => Promise<T> {
  let last: { result: T; at: number; freshMs: number } | undefined
  let running: Promise<T> | undefined

  async function readNew(): Promise<T> {
    try {
      const result = await read()
      last = { result, at: performance.now(), freshMs: freshMs(result) }
      return result
    } finally {
      running = undefined
    }
  }

  return async () => {
    const age = performance.now() - (last?.at ?? 0)
    if (last !== undefined && age < last.freshMs) return last.result
    running ??= readNew()
    if (last === undefined || age > TOO_OLD * last.freshMs) return running
    // The caller may have gone when it fails. The next caller starts another one.
    running.catch(() => undefined)
    return Promise.race([running, sleep(PATIENCE_MS, last.result)])
  }
}
