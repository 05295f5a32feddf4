import { isDeepStrictEqual } from 'node:util'
import type { OpenUpload } from './open-uploads.ts'

/** Time between two looks, in ms. Nothing may change in it. */
const QUIET_MS = 2_000

/** How long uploads may go on after the registry refuses writes, in ms. */
const LONGEST_MS = 120_000

/**
 * Waits until what was under way when writes were stopped is over: until two looks at the uploads are the same.
 * `looks`: undefined if the storage cannot be read; then it waits for the time of some looks.
 * @throws Error if uploads go on: writes are not stopped
 */
export async function drain(deps: {
  look: (() => Promise<OpenUpload[]>) | undefined
  sleep: (ms: number) => Promise<unknown>
  /** ms, of a clock that never goes back */
  clock: () => number
}): Promise<string> {
  const { look, sleep, clock } = deps
  if (look === undefined) {
    await sleep(2 * QUIET_MS)
    return 'the storage is not read, so open uploads could not be looked at'
  }
  const until = clock() + LONGEST_MS
  for (let last = await look(); ; ) {
    await sleep(QUIET_MS)
    const now = await look()
    if (isDeepStrictEqual(last, now)) return now.length === 0 ? '' : `uploads left open: ${now.length}`
    if (clock() > until)
      throw new Error(
        'uploads go on though the registry refuses writes: readOnlyOn does not stop those that were begun',
      )
    last = now
  }
}
