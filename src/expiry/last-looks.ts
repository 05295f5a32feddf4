import { RegistryError } from '../registry/registry-error.ts'
import type { Sleep } from './delete-pace.ts'

/** How old what `look` has found may be when the delete begins, in ms. */
const SOON_MS = 1_000

/**
 * Asks what keeps an image or a tag, and then whether the run may delete. That may take minutes, since a registry that has too
 * many requests is waited for: then all is asked again. `undefined`: it may be deleted now; otherwise `takeBack` is called.
 */
export async function lookLast<Kept>(
  look: () => Promise<Kept | undefined>,
  mayDelete: () => Promise<boolean>,
  takeBack: () => Promise<unknown>,
): Promise<Kept | { outcome: 'planned' } | undefined> {
  let mayGo = false
  try {
    for (;;) {
      const kept = await look()
      if (kept !== undefined) return kept
      const askedAt = performance.now()
      if (!(await mayDelete())) return { outcome: 'planned' }
      mayGo = performance.now() - askedAt <= SOON_MS
      if (mayGo) return undefined
    }
  } finally {
    if (!mayGo) await takeBack()
  }
}

/** The pauses before the second and the third attempt, in ms. */
const PAUSES_MS = [200, 800]

/** A registry that asks for more, in ms, is left to the next run. */
const LONGEST_MS = 5_000

/** What a registry, or a proxy before it, answers that is away for a moment. */
const AWAY = [502, 503, 504]

/**
 * Makes a function that repeats an act, up to twice, if the registry is away for a moment. The client does not repeat a DELETE:
 * the act looks at everything again before it deletes.
 */
export const makeTryAgain =
  (sleep: Sleep) =>
  async <T>(act: () => Promise<T>): Promise<T> => {
    for (const pause of PAUSES_MS) {
      try {
        return await act()
      } catch (error) {
        if (!isAwayForAMoment(error)) throw error
        await sleep(Math.max(pause, error.retryAfter ?? 0))
      }
    }
    return act()
  }

function isAwayForAMoment(error: unknown): error is RegistryError {
  if (!(error instanceof RegistryError) || !error.retry || (error.retryAfter ?? 0) > LONGEST_MS) return false
  // A request that has timed out has waited long enough.
  return error.status === undefined ? !error.codes.includes('ETIMEDOUT') : AWAY.includes(error.status)
}
