import type { Logger } from '../platform/log.ts'
import { type QuotaSubject, subjectKey } from '../queue/quota-subject.ts'

/** How long after a read the next one begins, in ms. */
const PAUSE_MS = 1_000

/** With very many flags a read takes long. Then the pause is this many times as long, up to `LONGEST_PAUSE_MS`. */
const PAUSE_SHARE = 20
const LONGEST_PAUSE_MS = 10_000

/** What was read longer ago than this, in ms, does not count any more. */
const KNOWN_MS = 30_000

/** A subject that is over its quota. `since`: RFC 3339. */
export interface Over extends QuotaSubject {
  since: string | null
}

/** Which subjects are over their quotas, in the memory of this process. */
export interface OverQuotas {
  /** The first of these that is over; `undefined` if Redis could not be read for half a minute. */
  firstOf(subjects: readonly QuotaSubject[]): { over: Over | undefined } | undefined
  close(): Promise<void>
}

/**
 * Reads again and again, until it is closed, which subjects are over their quotas and since when. `now` is in ms and monotonic.
 */
export function keepOverQuotas({
  read: readAll,
  log,
  now = () => performance.now(),
  pauseMs = PAUSE_MS,
}: {
  read: () => Promise<readonly Over[]>
  log: Pick<Logger, 'debug'>
  now?: () => number
  pauseMs?: number
}): OverQuotas {
  let known: { readAt: number; over: ReadonlyMap<string, Over> } | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  async function read(): Promise<void> {
    const readAt = now()
    try {
      const over = await readAll()
      known = { over: new Map(over.map((one) => [subjectKey(one), one])), readAt }
    } catch (err) {
      // That Redis is away is in the log already.
      log.debug({ err }, 'the flags could not be read for admission')
    }
    const share = Math.min(PAUSE_SHARE * (now() - readAt), LONGEST_PAUSE_MS)
    if (!isClosed) timer = setTimeout(next, Math.max(pauseMs, share))
  }
  let running = read()
  function next(): void {
    running = read()
  }

  return {
    firstOf(subjects) {
      if (known === undefined || now() - known.readAt > KNOWN_MS) return undefined
      for (const subject of subjects) {
        const over = known.over.get(subjectKey(subject))
        if (over !== undefined) return { over }
      }
      return { over: undefined }
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await running
    },
  }
}
