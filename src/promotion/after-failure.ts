import { InvalidManifest, mayPass, RegistryError } from '../registry/registry-error.ts'
import { CopyError } from './copy/copy-error.ts'
import { waitAsAsked } from './gates/ask-again.ts'
import { type Attempt, type Outcome, PATIENCE_MS, refused, waiting } from './outcome.ts'

/** How long a promotion that made progress waits before it goes on, in ms. */
const PROGRESS_MS = 5_000

/**
 * What becomes of a promotion that failed when `bytes` were at the target. What cannot succeed later is refused. An attempt that
 * brought more than the ones before is no failure, and neither is one whose registry asks to wait: the next goes on from there.
 * `now` is epoch ms. @throws the error otherwise: it counts as an attempt
 */
export function afterFailure(
  error: unknown,
  { askedAt, seenAt, bytes: before = 0 }: Pick<Attempt, 'askedAt' | 'seenAt' | 'bytes'>,
  bytes: number,
  now: number,
): Outcome {
  if (isFinal(error)) return refused(error.message)
  if (!(error instanceof RegistryError || error instanceof CopyError)) throw error
  const asked = error instanceof RegistryError ? error.retryAfter : undefined
  if ((asked === undefined && bytes <= before) || now > askedAt + PATIENCE_MS) throw error
  return {
    ...waiting(error.message, now + waitAsAsked(asked, PROGRESS_MS), seenAt),
    bytes: Math.max(bytes, before),
  }
}

/** Codes of undici for a request that it does not send. */
const UNSENDABLE = /^UND_ERR_(?:INVALID|REQ_)/

/** Whether trying again cannot help. A registry without an answer may have one later: certificates expire, and are renewed. */
export function isFinal(error: unknown): error is Error {
  if (error instanceof CopyError) return !error.retry
  if (error instanceof RegistryError)
    return !mayPass(error) || error.codes.some((code) => UNSENDABLE.test(code))
  return error instanceof InvalidManifest
}
