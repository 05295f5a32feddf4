import { RegistryError } from './registry-error.ts'

const QUICK_RETRY_STATUS = [429, 502, 503, 504]

/** The pauses before the first and the second quick retry, in ms. BullMQ does the later ones. */
const PAUSES = [200, 800]

/**
 * Milliseconds to wait before a quick retry: at least as long as the registry asks for. `undefined` if there should be none:
 * the failure stays, there were enough retries, or the registry asks for more than `longestWaitMs`.
 */
export function pauseAfter(failure: unknown, retries: number, longestWaitMs: number): number | undefined {
  const pause = PAUSES[retries]
  if (pause === undefined || !(failure instanceof RegistryError) || !failure.retry) return undefined
  const isQuick =
    failure.status === undefined
      ? !failure.codes.includes('ETIMEDOUT') // It has waited long enough already.
      : QUICK_RETRY_STATUS.includes(failure.status)
  const wait = Math.max(pause, failure.retryAfter ?? 0)
  return isQuick && wait <= longestWaitMs ? wait : undefined
}
