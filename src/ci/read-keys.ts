import type { JWK } from 'jose'
import type { Dispatcher } from 'undici'
import { readUrl } from '../platform/read-url.ts'

/** The keys of an issuer cannot be read. The message is for the log. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

/** What an answer may have: bytes, in how many ms. An RSA key of 4,096 bits takes 1 kB; GitLab and GitHub have some 3 keys. */
export const ANSWER = { bytes: 1024 * 1024, ms: 5_000 }

export const discoveryUrl = (issuer: string): URL =>
  new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)

/**
 * Reads the public keys of an issuer. Its discovery document says where they are, and must name the issuer exactly (OpenID
 * Connect Discovery 1.0, section 4). Redirects are not followed. @throws KeysUnavailable
 */
export async function readKeys(issuer: string, dispatcher: Dispatcher, limits = ANSWER): Promise<JWK[]> {
  const discovery = discoveryUrl(issuer)
  const document = await readObject(discovery, 'its discovery document')
  if (document.issuer !== issuer)
    throw new KeysUnavailable('its discovery document names another issuer than the configuration has')
  const url = URL.parse(String(document.jwks_uri))
  if (url === null || (url.protocol !== 'https:' && url.origin !== discovery.origin))
    throw new KeysUnavailable('its discovery document names no jwks_uri with https or at its own origin')
  const { keys } = await readObject(url, 'its keys')
  if (!Array.isArray(keys)) throw new KeysUnavailable(`its keys at ${url.origin}: expected a list, "keys"`)
  return keys.filter(isObject)

  async function readObject(url: URL, what: string): Promise<Record<string, unknown>> {
    const text = await readUrl(url.href, dispatcher, limits).catch((error: Error) => {
      throw new KeysUnavailable(`${what} at ${url.origin}: ${error.message}`, { cause: error })
    })
    const value = parse(text)
    if (isObject(value)) return value
    throw new KeysUnavailable(`${what} at ${url.origin}: the answer is not a JSON object`)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
