import { type Challenge, parseChallenges } from './challenge.ts'
import type { Credential } from './credential.ts'
import { type Authorization, basicHeader } from './token.ts'

export interface Authorizer {
  /** The Authorization header for these scopes. `undefined` if the registry never asked for one. */
  header(scopes: string[]): Promise<string | undefined>
  /** The Authorization header to use after a 401. `refused` is the header of the request that got it. */
  headerAfter401(
    wwwAuthenticate: string,
    scopes: string[],
    refused: string | undefined,
  ): Promise<string | undefined>
}

/** Authorizations kept. Each scope has its own; a token is about 1 KiB, and a registry may have 100,000 repositories. */
const MOST_KEPT = 1000

/** Remembers how a registry authenticates, and its tokens. Concurrent requests for the same token share one fetch. */
export function makeAuthorizer(deps: {
  findCredential(): Promise<Credential | undefined>
  fetchToken(
    challenge: Challenge,
    scopes: string[],
    credential: Credential | undefined,
  ): Promise<Authorization>
}): Authorizer {
  const authorizations = new Map<string, Promise<Authorization>>()
  let lastChallenge: Challenge | undefined

  async function obtain(challenge: Challenge, scopes: string[]): Promise<Authorization> {
    const credential = await deps.findCredential()
    if (challenge.scheme === 'bearer') return deps.fetchToken(challenge, scopes, credential)
    if (credential?.kind !== 'password') return { header: undefined, validUntil: 0 }
    return { header: basicHeader(credential), validUntil: Number.POSITIVE_INFINITY }
  }

  /** `extraScopes` are requested along with `scopes`. */
  async function headerFor(
    challenge: Challenge,
    scopes: string[],
    extraScopes: string[],
    refused?: string,
  ): Promise<string | undefined> {
    const key = challenge.scheme === 'bearer' ? scopes.join(' ') : 'basic'
    const cached = authorizations.get(key)
    const authorization = await cached
    // Another request replaced it meanwhile.
    if (authorizations.get(key) !== cached) return headerFor(challenge, scopes, extraScopes, refused)
    const isUsable =
      authorization !== undefined && authorization.header !== refused && Date.now() < authorization.validUntil
    if (isUsable) return authorization.header

    const fetched = obtain(challenge, [...new Set([...scopes, ...extraScopes])])
    authorizations.delete(key)
    authorizations.set(key, fetched)
    const [oldest] = authorizations.keys()
    if (authorizations.size > MOST_KEPT && oldest !== undefined) authorizations.delete(oldest)
    fetched.catch(() => authorizations.get(key) === fetched && authorizations.delete(key))
    return (await fetched).header
  }

  return {
    header: async (scopes) =>
      lastChallenge === undefined ? undefined : headerFor(lastChallenge, scopes, []),

    async headerAfter401(wwwAuthenticate, scopes, refused) {
      const offered = parseChallenges(wwwAuthenticate)
      const challenge =
        offered.find(({ scheme }) => scheme === 'bearer') ?? offered.find(({ scheme }) => scheme === 'basic')
      if (challenge === undefined) return undefined
      lastChallenge = challenge
      const extraScopes = challenge.params.get('scope')?.split(' ').filter(Boolean) ?? []
      return headerFor(challenge, scopes, extraScopes, refused)
    },
  }
}
