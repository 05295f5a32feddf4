import type { AuthenticateCi } from '../ci/authenticate-ci.ts'
import { makeIdentify } from '../events/identify.ts'
import { type Access, accessOfCi, accessOfToken, CONFIGURED } from './access.ts'
import { secretIn } from './named-token.ts'
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

  async function named(secret: string): Promise<Access> {
    const token = await deps.named.find(secret)
    if (token === undefined)
      throw new TokenRefused('there is no such token: it was revoked, or never was one')
    const { name, expiresAt } = token
    if (expiresAt !== null && Date.parse(expiresAt) <= deps.now())
      throw new TokenRefused(`the token ${name} has expired at ${expiresAt}`)
    return accessOfToken(token)
  }

  return async (authorization, from) => {
    const name = identify(authorization)
    if (name !== undefined) return CONFIGURED[name]
    const secret = secretIn(authorization)
    if (secret !== undefined) return named(secret)
    const token = webTokenIn(authorization)
    if (token === undefined || deps.authenticateCi === undefined) return undefined
    return accessOfCi(await deps.authenticateCi(token, from))
  }
}

/** Three parts in base64url with dots between them (RFC 7515, section 7.1). Its header begins with `{"`. */
const webTokenIn = (authorization: string | undefined): string | undefined =>
  /^Bearer +(eyJ[\w-]*\.[\w-]*\.[\w-]*) *$/i.exec(authorization ?? '')?.[1]
