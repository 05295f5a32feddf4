import type { Access } from './access.ts'
import { TokenRefused } from './access-of.ts'
import type { Login, Session, Sessions } from './sessions.ts'
import type { TokenLogins } from './token-logins.ts'

type PersonLogin = Extract<Login, { by: 'oidc' }>

/**
 * Makes what says what a session gives access to. It is looked up anew for each request, so a session never outlives the token by
 * which it began, nor the grants of a group. It throws TokenRefused, and what Redis throws.
 */
export function makeAccessOfSession(deps: {
  sessions: Pick<Sessions, 'find'>
  tokenLogins: Pick<TokenLogins, 'accessOf'>
  /** What somebody may do; `undefined` if that is nothing, or if another issuer is configured, or none. */
  accessOfUser: (user: PersonLogin) => Access | undefined
}) {
  function userAccess(user: PersonLogin): Access {
    const access = deps.accessOfUser(user)
    if (access === undefined)
      throw new TokenRefused('no group of yours may do anything here any more: log in again')
    return access
  }

  async function accessOf({ login, until }: Pick<Session, 'login' | 'until'>): Promise<Access> {
    const access = login.by === 'oidc' ? userAccess(login) : await deps.tokenLogins.accessOf(login)
    const end = new Date(until).toISOString()
    const { expiresAt } = access
    return {
      ...access,
      // Times of one form compare as texts.
      expiresAt: expiresAt !== null && expiresAt < end ? expiresAt : end,
      session: { by: login.by, name: login.by === 'oidc' ? login.name : null, until: end },
    }
  }

  return {
    accessOf,
    async accessOfId(id: string): Promise<Access> {
      const session = await deps.sessions.find(id)
      if (session === undefined) throw new TokenRefused('the session has ended: log in again')
      return accessOf(session)
    },
  }
}
export type AccessOfSession = ReturnType<typeof makeAccessOfSession>
