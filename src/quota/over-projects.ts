import type { Logger } from '../platform/log.ts'

/** How long after a read the next one begins, in ms. */
const PAUSE_MS = 1_000

/** With very many flags a read takes long. Then the pause is this many times as long, up to `LONGEST_PAUSE_MS`. */
const PAUSE_SHARE = 20
const LONGEST_PAUSE_MS = 10_000

/** What was read longer ago than this, in ms, does not count any more. */
const KNOWN_MS = 30_000

/** Which projects are over their quotas, in the memory of this process. */
export interface OverProjects {
  /** `over` since when, RFC 3339; `undefined` if Redis could not be read for half a minute. */
  of(project: string): { isOver: false } | { isOver: true; since: string | null } | undefined
  close(): Promise<void>
}

/**
 * Reads again and again, until it is closed, which projects are over their quotas and since when. `now` is in ms and monotonic.
 */
export function keepOverProjects({
  read: readAll,
  log,
  now = () => performance.now(),
  pauseMs = PAUSE_MS,
}: {
  /** By id: since when, RFC 3339. */
  read: () => Promise<ReadonlyMap<string, string | null>>
  log: Pick<Logger, 'debug'>
  now?: () => number
  pauseMs?: number
}): OverProjects {
  let known: { readAt: number; since: ReadonlyMap<string, string | null> } | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  async function read(): Promise<void> {
    const readAt = now()
    try {
      known = { since: await readAll(), readAt }
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
    of(project) {
      if (known === undefined || now() - known.readAt > KNOWN_MS) return undefined
      const since = known.since.get(project)
      return since === undefined ? { isOver: false } : { isOver: true, since }
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await running
    },
  }
}
