import { InvalidManifest, RegistryError } from '../registry/registry-error.ts'

/** The images that one run asks for their age. */
const IMAGES_A_RUN = 2_000
/**
 * Failures after which a run asks for no more ages. The registry may send us to a storage that we cannot reach: then each
 * request fails, after as long as a minute, and the rest of the registry can still be read.
 */
const MOST_FAILURES = 10

/** How much one run asks for ages. What it does not ask for, a later run does. */
export interface Patience {
  /** Whether one more image may be asked for its age. Each call counts one. */
  mayAsk(): boolean
  /** Whether there were not too many failures yet. */
  isLeft(): boolean
  /**
   * Whether the same request may have another outcome later. Counts such a failure.
   * @throws the error if it is not about what a registry answered
   */
  isWorthAnotherTry(error: unknown): boolean
}

export function makePatience(): Patience {
  let [images, failures] = [IMAGES_A_RUN, MOST_FAILURES]
  return {
    mayAsk: () => failures > 0 && images-- > 0,
    isLeft: () => failures > 0,
    isWorthAnotherTry(error) {
      if (error instanceof InvalidManifest) return false
      if (!(error instanceof RegistryError)) throw error
      const isPassing = error.retry || (error.status === undefined && error.codes.length > 0)
      if (isPassing) failures--
      return isPassing
    },
  }
}
