import { setTimeout as sleep } from 'node:timers/promises'
import { isRedisRefusal } from '../platform/redis-away.ts'
import type { Parts } from './parts.ts'

/** How long to wait after Redis refused, in ms. */
const AGAIN_MS = 1_000

/** How long a start waits for what it writes, in ms. On a cluster that is down a command waits until it is up. */
const WAIT_MS = 5_000

/**
 * Makes a function that does what a start writes to Redis. If Redis refuses (say, its memory or its disk is full) or does not
 * answer, the start goes on and the work is tried again each second: HTTP must answer, and workers must run once there is
 * room again.
 */
export function makePrepare({ log, outage, onClose }: Pick<Parts, 'log' | 'outage' | 'onClose'>) {
  const closing = new AbortController()
  onClose(async () => closing.abort())
  const pause = (ms: number) =>
    sleep(ms, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)

  return async function prepare(name: string, act: () => Promise<void>): Promise<void> {
    let isStarting = true
    const isDone = () =>
      act().then(
        () => true,
        (error) => {
          if (isStarting && !isRedisRefusal(error)) throw error
          if (!outage.takes(error))
            log.warn({ queue: name, err: error }, 'a start is not complete: again in a second')
          return false
        },
      )
    const goOn = async (isOver: boolean) => {
      for (let over = isOver; !over && !closing.signal.aborted; over = await isDone()) await pause(AGAIN_MS)
    }
    const first = isDone()
    const all = first.then(goOn)
    all.catch((error) => {
      if (!isStarting) log.error({ queue: name, err: error }, 'a start is not complete')
    })
    try {
      await Promise.race([first, pause(WAIT_MS)])
    } finally {
      isStarting = false
    }
  }
}
