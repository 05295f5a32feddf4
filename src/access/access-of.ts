import type { AuthenticateCi } from '../ci/authenticate-ci.ts'
import { makeIdentify } from '../events/identify.ts'
import { type Access, accessOfCi, accessOfToken, CONFIGURED } from './access.ts'
import { hashOf, type NamedToken, secretIn } from './named-token.ts'
import type { Tokens } from './tokens.ts'

/** A token that lets nobody in. The message is for the caller. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
}

/** What an `Authorization` header gives access to; `undefined` if it has nothing that may be a token. */
export type AccessOf = (authorization: string | undefined, from: string) => Promise<Access | undefined>

/**
 * Makes what finds out who makes a request: by a token of the configuration, which needs nothing else; by a named token, for which
 * Redis is asked; or by the token of a CI job. It throws TokenRefused, CiRefusal, and what Redis throws.
 */
export function makeAccessOf(deps: {
  tokens: { readToken: string; adminToken: string; usesToken?: string | undefined }
  named: Pick<Tokens, 'find'>
  /** Absent if no issuer of tokens of CI jobs is configured. */
  authenticateCi?: AuthenticateCi | undefined
  /** epoch ms */
  now: () => number
}): AccessOf {
  const { readToken, adminToken, usesToken } = deps.tokens
  const identify = makeIdentify([
    { name: 'read', token: readToken },
    { name: 'admin', token: adminToken },
    ...(usesToken === undefined ? [] : [{ name: 'uses' as const, token: usesToken }]),
  ])

  return async (authorization, from) => {
    const name = identify(authorization)
    if (name !== undefined) return CONFIGURED[name]
    const secret = secretIn(authorization)
    if (secret !== undefined) return accessOfNamed(await deps.named.find(hashOf(secret)), deps.now())
    const token = webTokenIn(authorization)
    if (token === undefined || deps.authenticateCi === undefined) return undefined
    return accessOfCi(await deps.authenticateCi(token, from))
  }
}

/** What a named token gives access to, if it is in force. `now`: epoch ms. @throws TokenRefused */
export function accessOfNamed(token: NamedToken | undefined, now: number): Access {
  if (token === undefined) throw new TokenRefused('there is no such token: it was revoked, or never was one')
  const { name, expiresAt } = token
  if (expiresAt !== null && Date.parse(expiresAt) <= now)
    throw new TokenRefused(`the token ${name} has expired at ${expiresAt}`)
  return accessOfToken(token)
}

/** Three parts in base64url with dots between them (RFC 7515, section 7.1). Its header begins with `{"`. */
const webTokenIn = (authorization: string | undefined): string | undefined =>
  /^Bearer +(eyJ[\w-]*\.[\w-]*\.[\w-]*) *$/i.exec(authorization ?? '')?.[1]
