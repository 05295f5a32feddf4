import type { Challenge } from './challenge.ts'
import type { Credential } from './credential.ts'
import type { HttpClient, HttpRequest } from './http-client.ts'
import { RegistryError } from './registry-error.ts'

export interface Authorization {
  /** The Authorization header. `undefined` if there is no credential to send. */
  header: string | undefined
  /** epoch ms */
  validUntil: number
}

/** Where a challenge came from. */
interface Challenger {
  registry: string
  origin: string
  challenge: Challenge
  /** The time for the whole answer, in ms. */
  timeoutMs: number
}

const TOKEN_LIMIT = 256 * 1024

/**
 * Fetches a bearer token from the realm that the registry named (distribution docs, "Token authentication
 * specification" and "OAuth2"): by GET, with the password if there is one, or by POST with an identity token. The realm
 * gets the credential. So an https registry may not name an http realm, and redirects are not followed.
 */
export async function fetchToken(
  httpClient: HttpClient,
  challenger: Challenger,
  scopes: string[],
  credential: Credential | undefined,
): Promise<Authorization> {
  const requestedAt = Date.now()
  const answer = await httpClient.send(tokenRequest(challenger, scopes, credential))
  if (answer.status !== 200) throw await answer.statusError()
  const { token, access_token, expires_in } = await answer.json(TOKEN_LIMIT)
  const bearer = [token, access_token].find((text) => typeof text === 'string' && text !== '')
  if (bearer === undefined) throw answer.error('the answer has no token')
  // The specification's default is 60 s. A tenth is left for requests to arrive.
  const lifetime = typeof expires_in === 'number' ? expires_in : 60
  return { header: `Bearer ${bearer}`, validUntil: requestedAt + lifetime * 900 }
}

function tokenRequest(
  { registry, origin, challenge, timeoutMs }: Challenger,
  scopes: string[],
  credential: Credential | undefined,
): HttpRequest {
  const operation = ['token', ...scopes].join(' ')
  const realm = challenge.params.get('realm') ?? ''
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url === undefined || !(url.protocol === 'https:' || origin.startsWith('http:')))
    throw new RegistryError({ registry, operation, reason: 'its token realm is not an https URL' })
  const service = challenge.params.get('service')

  if (credential?.kind === 'identity') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'tallyman',
      scope: scopes.join(' '),
      refresh_token: credential.token,
      ...(service === undefined ? {} : { service }),
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return { method: 'POST', url, operation, headers, body: form.toString(), timeoutMs }
  }
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  const headers: Record<string, string> =
    credential === undefined ? {} : { authorization: basicHeader(credential) }
  return { method: 'GET', url, operation, headers, timeoutMs }
}

export const basicHeader = (credential: { username: string; password: string }): string =>
  `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`
