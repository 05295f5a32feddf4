import type { HiddenObject, Unlisted } from './storage.ts'

/**
 * A listing that the store may refuse: if it does so before anything was listed, the refusal is told to `unlisted`.
 * `refusal` is the reason if the store does not have this listing, or the login may not have it.
 */
export async function* orUnlisted(
  listing: AsyncIterable<HiddenObject>,
  kinds: Unlisted['kinds'],
  refusal: (error: unknown) => string | undefined,
  unlisted: ((what: Unlisted) => void) | undefined,
): AsyncGenerator<HiddenObject> {
  let isRefused = true
  try {
    for await (const object of listing) {
      isRefused = false
      yield object
    }
  } catch (error) {
    const reason = refusal(error)
    if (!isRefused || reason === undefined || unlisted === undefined) throw error
    unlisted({ kinds, reason })
  }
}

/** HTTP statuses by which stores say that they do not know a request, or that the login may not make it. */
export const REFUSED: readonly (number | undefined)[] = [400, 403, 405, 501]
