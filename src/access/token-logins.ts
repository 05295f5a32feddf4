import { createHmac } from 'node:crypto'
import { type Access, CONFIGURED } from './access.ts'
import { accessOfNamed, TokenRefused } from './access-of.ts'
import { hashOf, secretIn } from './named-token.ts'
import type { Tokens } from './tokens.ts'

/** What a session keeps of the token by which somebody logged in: not the token. */
export type TokenLogin =
  /** Of a token of the configuration, an HMAC: such a token may be short enough to be guessed from a plain hash. */
  | { by: 'token'; proof: string }
  /** Of a named token, the hash by which Redis knows it. */
  | { by: 'token'; named: string }

/** Makes what keeps a token in mind, and later says what it gives access to: nothing, once it was changed or revoked. */
export function makeTokenLogins(deps: {
  tokens: { readToken: string; adminToken: string }
  named: Pick<Tokens, 'find'>
  /** The key of the HMAC. */
  key: Buffer
  /** epoch ms */
  now: () => number
}) {
  const proofOf = (token: string): string => createHmac('sha256', deps.key).update(token).digest('base64url')
  const configured = new Map([
    [proofOf(deps.tokens.readToken), CONFIGURED.read],
    [proofOf(deps.tokens.adminToken), CONFIGURED.admin],
  ])

  return {
    /** What is kept of a token that lets somebody in. */
    loginOf(token: string): TokenLogin {
      const proof = proofOf(token)
      const isNamed = !configured.has(proof) && secretIn(`Bearer ${token}`) !== undefined
      return isNamed ? { by: 'token', named: hashOf(token) } : { by: 'token', proof }
    },

    /** @throws TokenRefused, and what Redis throws */
    async accessOf(login: TokenLogin): Promise<Access> {
      if ('named' in login) return accessOfNamed(await deps.named.find(login.named), deps.now())
      const access = configured.get(login.proof)
      if (access === undefined) throw new TokenRefused('the token by which you logged in was changed')
      return access
    },
  }
}
export type TokenLogins = ReturnType<typeof makeTokenLogins>
