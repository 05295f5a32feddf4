import { setTimeout as sleep } from 'node:timers/promises'
import { isRedisRefusal } from '../platform/redis-away.ts'
import type { Parts } from './parts.ts'

/** How long to wait after Redis refused, in ms. */
const AGAIN_MS = 1_000

/**
 * Makes a function that does what a start writes to Redis. If Redis refuses (say, its memory or its disk is full), the
 * start goes on and the work is tried again each second: HTTP must answer, and workers must run once there is room again.
 */
export function makePrepare({ log, onClose }: Pick<Parts, 'log' | 'onClose'>) {
  const closing = new AbortController()
  onClose(async () => closing.abort())

  return async function prepare(name: string, act: () => Promise<void>): Promise<void> {
    const isDone = () =>
      act().then(
        () => true,
        (error) => {
          if (!isRedisRefusal(error)) throw error
          log.warn({ queue: name, err: error }, 'Redis refuses what a start writes: again in a second')
          return false
        },
      )
    const again = async () => {
      do await sleep(AGAIN_MS, undefined, { signal: closing.signal })
      while (!(await isDone()))
    }
    if (!(await isDone()))
      again().catch((error) => {
        if (!closing.signal.aborted) log.error({ queue: name, err: error }, 'a start is not complete')
      })
  }
}
