import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose'
import type { Dispatcher } from 'undici'
import { ANSWER, discoveryUrl, readKeys } from './read-keys.ts'
import { CiRefusal } from './refusal.ts'

export interface KeyLimits {
  /** How long keys are used before they are fetched anew, in ms. */
  maxAgeMs: number
  /** How long after they were fetched no token makes Tallyman fetch them anew, in ms. */
  cooldownMs: number
  /** The same after they could not be fetched. */
  failedMs: number
}

const LIMITS: KeyLimits = { maxAgeMs: 600_000, cooldownMs: 30_000, failedMs: 5_000 }

/**
 * Makes what finds the key of a token among those of its issuer. They are kept, and fetched anew when they are old or a token
 * names one that is not among them. A stranger may name any key, so the rate is limited. @throws KeysUnavailable
 */
export function makeIssuerKeys(
  issuer: string,
  dispatcher: Dispatcher,
  limits: KeyLimits = LIMITS,
): JWTVerifyGetKey {
  /** The last attempt, if it failed. jose limits the rate only after one that succeeded. */
  let failed: { error: unknown; at: number } | undefined

  async function fetchKeys(): Promise<Response> {
    if (failed !== undefined && performance.now() - failed.at < limits.failedMs) throw failed.error
    try {
      const keys = await readKeys(issuer, dispatcher)
      failed = undefined
      return Response.json({ keys })
    } catch (error) {
      failed = { error, at: performance.now() }
      throw error
    }
  }

  const keyOf = createRemoteJWKSet(discoveryUrl(issuer), {
    [customFetch]: fetchKeys,
    cacheMaxAge: limits.maxAgeMs,
    cooldownDuration: limits.cooldownMs,
    // Each of the two answers has its own limit.
    timeoutDuration: 3 * ANSWER.ms,
  })
  return async (header, token) => {
    if (header.kid === undefined) throw new CiRefusal('key', 'it does not name its key (kid)')
    return keyOf(header, token)
  }
}
