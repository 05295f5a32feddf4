import { setTimeout as sleep } from 'node:timers/promises'

/** Gives a function that resolves at most once in `ms`, for receivers that take only so many messages. */
export function makePace(ms: number): () => Promise<void> {
  let next = 0
  return async () => {
    const now = performance.now()
    const wait = next - now
    next = Math.max(now, next) + ms
    if (wait > 0) await sleep(wait)
  }
}
