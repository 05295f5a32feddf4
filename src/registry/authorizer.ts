import { type Challenge, parseChallenges } from './challenge.ts'
import type { Credential } from './credential.ts'
import { basic, type Grant } from './token.ts'

export interface Authorizer {
  /** The Authorization header for these scopes, as far as the registry ever asked for one. */
  header(scopes: string[]): Promise<string | undefined>
  /** The header that answers a 401; `refused` is what was sent with the request that earned it. */
  answer(wwwAuthenticate: string, scopes: string[], refused: string | undefined): Promise<string | undefined>
}

/** Grants kept, one a scope: a token is about 1 KiB, and a registry may hold 100,000 repositories. */
const KEEP = 1000

/** Remembers how a registry wants to be spoken to, and its tokens; whoever needs the same token at once shares one fetch. */
export function makeAuthorizer(deps: {
  findCredential(): Promise<Credential | undefined>
  fetchToken(challenge: Challenge, scopes: string[], credential: Credential | undefined): Promise<Grant>
}): Authorizer {
  const grants = new Map<string, Promise<Grant>>()
  let challenge: Challenge | undefined

  async function obtain(asked: Challenge, scopes: string[]): Promise<Grant> {
    const credential = await deps.findCredential()
    if (asked.scheme === 'bearer') return deps.fetchToken(asked, scopes, credential)
    if (credential?.kind !== 'password') return { header: undefined, goodUntil: 0 }
    return { header: basic(credential), goodUntil: Number.POSITIVE_INFINITY }
  }

  async function grantFor(
    asked: Challenge,
    scopes: string[],
    alsoWanted: string[],
    refused?: string,
  ): Promise<string | undefined> {
    const key = asked.scheme === 'bearer' ? scopes.join(' ') : 'basic'
    const known = grants.get(key)
    const grant = await known
    if (grants.get(key) !== known) return grantFor(asked, scopes, alsoWanted, refused) // overtaken while waiting
    if (grant !== undefined && grant.header !== refused && Date.now() < grant.goodUntil) return grant.header

    const fetched = obtain(asked, [...new Set([...scopes, ...alsoWanted])])
    grants.delete(key)
    grants.set(key, fetched)
    const [oldest] = grants.keys()
    if (grants.size > KEEP && oldest !== undefined) grants.delete(oldest)
    fetched.catch(() => grants.get(key) === fetched && grants.delete(key))
    return (await fetched).header
  }

  return {
    header: async (scopes) => (challenge === undefined ? undefined : grantFor(challenge, scopes, [])),
    async answer(wwwAuthenticate, scopes, refused) {
      const offered = parseChallenges(wwwAuthenticate)
      const asked =
        offered.find(({ scheme }) => scheme === 'bearer') ?? offered.find(({ scheme }) => scheme === 'basic')
      if (asked === undefined) return undefined
      challenge = asked
      const alsoWanted = asked.params.get('scope')?.split(' ').filter(Boolean) ?? []
      return grantFor(asked, scopes, alsoWanted, refused)
    },
  }
}
