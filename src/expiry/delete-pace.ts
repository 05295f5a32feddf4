import { RegistryError } from '../registry/registry-error.ts'

/** `ms` */
export type Sleep = (ms: number) => Promise<unknown>

/** The status of a registry that gets too many requests (RFC 6585, 4). */
const TOO_MANY = 429

/** The first pause after a 429 that asks for none, and the longest; each is twice as long as the one before. In ms. */
const PAUSE_MS = { first: 1_000, longest: 60_000 }

/** How long an image waits for its registry in all, in ms. Then the run ends, and another attempt goes on later. */
const PATIENCE_MS = 600_000

/** How often a pause looks whether the run goes on, in ms. */
const LOOK_MS = 1_000

/**
 * Makes a function that repeats an act for as long as the registry answers 429, after the pause that it asks for. All acts
 * pause together. `requireGoOn` throws if the run ends. @throws the last 429 after ten minutes of pauses
 */
export function makePatience({ sleep, requireGoOn }: { sleep: Sleep; requireGoOn: () => Promise<unknown> }) {
  let pausing: Promise<void> | undefined

  async function pause(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= LOOK_MS) {
      await sleep(Math.min(left, LOOK_MS))
      await requireGoOn()
    }
  }

  return async function withPatience<T>(act: () => Promise<T>): Promise<T> {
    let waited = 0
    for (let pauseMs = PAUSE_MS.first; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)) {
      await pausing
      try {
        return await act()
      } catch (error) {
        if (!(error instanceof RegistryError) || error.status !== TOO_MANY) throw error
        const ms = Math.max(pauseMs, error.retryAfter ?? 0)
        waited += ms
        if (waited > PATIENCE_MS) throw error
        pausing ??= pause(ms).finally(() => {
          pausing = undefined
        })
        await pausing
      }
    }
  }
}

/** Makes a function that waits until the next delete may begin, so that at most `perSecond()` do; `undefined`: no limit. */
export function makeDeletePace(perSecond: () => number | undefined, sleep: Sleep) {
  let nextAt = 0
  return async function nextDelete(): Promise<void> {
    const rate = perSecond()
    if (rate === undefined) return
    const now = performance.now()
    const at = Math.max(now, nextAt)
    nextAt = at + 1_000 / rate
    if (at > now) await sleep(at - now)
  }
}
