import { hasNoAnswer, InvalidManifest, mayPass, RegistryError } from '../registry/registry-error.ts'

/** The images that one run asks for their age. */
const IMAGES_A_RUN = 2_000
/**
 * Failures after which no more ages are asked for. The registry may send us to a storage that we cannot reach: then each
 * request fails, after as long as a minute, and the rest of the registry can still be read.
 */
const MOST_FAILURES = 10

/** How much is asked for ages. What one run does not ask for, a later run does. */
interface Patience {
  /**
   * Whether the same request may have another outcome later. Counts such a failure.
   * @throws the error if it is not about what a registry answered
   */
  isWorthAnotherTry(error: unknown): boolean
}

export interface RunPatience extends Patience {
  /** Whether there were not too many failures yet. */
  isLeft(): boolean
  forRepository(): RepositoryPatience
}

export interface RepositoryPatience extends Patience {
  /** Whether one more image may be asked for its age. Each call counts one. */
  mayAsk(): boolean
}

/**
 * The patience of one run. An answer that says 408, 429 or 5xx counts for its repository alone: the others may be well. A
 * request without an answer counts for the run.
 */
export function makePatience(): RunPatience {
  let [images, failures] = [IMAGES_A_RUN, MOST_FAILURES]

  function forRepository(): RepositoryPatience {
    let failedAnswers = 0
    return {
      mayAsk: () => failures > 0 && failedAnswers < MOST_FAILURES && images-- > 0,
      isWorthAnotherTry(error) {
        const failure = passing(error)
        if (failure === undefined) return false
        if (hasNoAnswer(failure)) failures--
        else failedAnswers++
        return true
      },
    }
  }

  return {
    isLeft: () => failures > 0,
    isWorthAnotherTry(error) {
      const isPassing = passing(error) !== undefined
      if (isPassing) failures--
      return isPassing
    },
    forRepository,
  }
}

/** The error if the same request may have another outcome later. */
function passing(error: unknown): RegistryError | undefined {
  if (error instanceof InvalidManifest) return undefined
  if (!(error instanceof RegistryError)) throw error
  return mayPass(error) ? error : undefined
}
