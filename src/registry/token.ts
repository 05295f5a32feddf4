import type { Challenge } from './challenge.ts'
import type { Credential } from './credential.ts'
import type { Exchange, Exchanger } from './exchange.ts'
import { RegistryError } from './registry-error.ts'

/** A header that opens the registry's door, for a while. */
export interface Grant {
  /** The Authorization header; `undefined` where we have nothing to show. */
  header: string | undefined
  /** epoch ms */
  goodUntil: number
}

const TOKEN_LIMIT = 1024 * 1024

/**
 * Fetches a bearer token from the realm that the registry named (distribution docs, "Token authentication
 * specification" and "OAuth2"): by GET, with the password if there is one, or by POST with an identity token.
 * The realm gets the credential, so an https registry may not send us to an http one, and no redirect is followed.
 */
export async function fetchToken(
  exchanger: Exchanger,
  from: { registry: string; origin: string; challenge: Challenge },
  scopes: string[],
  credential: Credential | undefined,
): Promise<Grant> {
  const asked = Date.now()
  const answer = await exchanger.exchange(tokenRequest(from, scopes, credential))
  if (answer.status !== 200) throw await answer.refusal()
  const { token, access_token, expires_in } = await answer.json(TOKEN_LIMIT)
  const bearer = [token, access_token].find((text) => typeof text === 'string' && text !== '')
  if (bearer === undefined) throw answer.error('no token in the answer')
  // A tenth before it ends, so that what is sent with it arrives in time; 60 s is the specification's default.
  const lifetime = typeof expires_in === 'number' ? expires_in : 60
  return { header: `Bearer ${bearer}`, goodUntil: asked + lifetime * 900 }
}

function tokenRequest(
  from: { registry: string; origin: string; challenge: Challenge },
  scopes: string[],
  credential: Credential | undefined,
): Exchange {
  const operation = ['token', ...scopes].join(' ')
  const realm = from.challenge.params.get('realm') ?? ''
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url === undefined || !(url.protocol === 'https:' || from.origin.startsWith('http:')))
    throw new RegistryError({
      registry: from.registry,
      operation,
      reason: 'the token realm it names is no https URL',
    })
  const service = from.challenge.params.get('service')

  if (credential?.kind === 'identity') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'tallyman',
      scope: scopes.join(' '),
      refresh_token: credential.token,
      ...(service === undefined ? {} : { service }),
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return { method: 'POST', url, operation, headers, body: form.toString() }
  }
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  return {
    method: 'GET',
    url,
    operation,
    ...(credential === undefined ? {} : { headers: { authorization: basic(credential) } }),
  }
}

export const basic = (credential: { username: string; password: string }): string =>
  `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`
