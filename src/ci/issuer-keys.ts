import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose'
import type { Dispatcher } from 'undici'
import { readUrl } from '../platform/read-url.ts'
import { CiRefusal } from './refusal.ts'

export interface KeyLimits {
  /** How long keys are used before they are fetched anew, in ms. */
  maxAgeMs: number
  /** How long after they were fetched no token makes Tallyman fetch them anew, in ms. */
  cooldownMs: number
  /** The same after they could not be fetched. */
  failedMs: number
  /** What each of the two answers may have: bytes, in how many ms. */
  answer: { bytes: number; ms: number }
}

/** GitLab and GitHub have some 3 keys. An RSA key of 4,096 bits takes 1 kB. */
const LIMITS: KeyLimits = {
  maxAgeMs: 600_000,
  cooldownMs: 30_000,
  failedMs: 5_000,
  answer: { bytes: 1024 * 1024, ms: 5_000 },
}

/** The keys of an issuer cannot be read. The message is for the log. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

/**
 * Makes what finds the key of a token among those of its issuer. The issuer's discovery document says where they are (OpenID
 * Connect Discovery 1.0, section 4). They are kept, and fetched anew when they are old or a token names one that is not among them. A
 * stranger may name any key, so the rate is limited. @throws KeysUnavailable
 */
export function makeIssuerKeys(
  issuer: string,
  dispatcher: Dispatcher,
  limits: KeyLimits = LIMITS,
): JWTVerifyGetKey {
  const discovery = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  /** The last attempt, if it failed. jose counts only those that succeeded. */
  let failed: { error: unknown; at: number } | undefined

  async function fetchKeys(): Promise<Response> {
    if (failed !== undefined && performance.now() - failed.at < limits.failedMs) throw failed.error
    try {
      const url = keysUrl(await readObject(discovery, 'its discovery document'))
      const keys = await readObject(url, 'its keys')
      if (!Array.isArray(keys.keys)) throw new KeysUnavailable('its keys: expected a list `keys`')
      failed = undefined
      return Response.json({ keys: keys.keys.filter(isObject) })
    } catch (error) {
      failed = { error, at: performance.now() }
      throw error
    }
  }

  async function readObject(url: URL, what: string): Promise<Record<string, unknown>> {
    try {
      const value: unknown = JSON.parse(await readUrl(url.href, dispatcher, limits.answer))
      if (isObject(value)) return value
    } catch (error) {
      if (!(error instanceof SyntaxError))
        throw new KeysUnavailable(`${what} at ${url.origin}: ${(error as Error).message}`, { cause: error })
    }
    throw new KeysUnavailable(`${what} at ${url.origin}: the answer is not a JSON object`)
  }

  function keysUrl(document: Record<string, unknown>): URL {
    if (document.issuer !== issuer)
      throw new KeysUnavailable('its discovery document names another issuer than ci.issuers has')
    const url = URL.parse(String(document.jwks_uri))
    if (url !== null && (url.protocol === 'https:' || url.origin === discovery.origin)) return url
    throw new KeysUnavailable('its discovery document names no jwks_uri with https or at its own origin')
  }

  const keyOf = createRemoteJWKSet(discovery, {
    [customFetch]: fetchKeys,
    cacheMaxAge: limits.maxAgeMs,
    cooldownDuration: limits.cooldownMs,
    timeoutDuration: 3 * limits.answer.ms,
  })
  return async (header, token) => {
    if (header.kid === undefined) throw new CiRefusal('key', 'it does not name its key (kid)')
    return keyOf(header, token)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
