import type { Access } from './access.ts'
import { TokenRefused } from './access-of.ts'
import type { Session, Sessions } from './sessions.ts'
import type { TokenLogins } from './token-logins.ts'

/**
 * Makes what says what a session gives access to. It is looked up anew for each request, so a session never outlives the token by
 * which it began. It throws TokenRefused, and what Redis throws.
 */
export function makeAccessOfSession(deps: {
  sessions: Pick<Sessions, 'find'>
  tokenLogins: Pick<TokenLogins, 'accessOf'>
}) {
  async function accessOf({ login, until }: Session): Promise<Access> {
    const access = await deps.tokenLogins.accessOf(login)
    const end = new Date(until).toISOString()
    const { expiresAt } = access
    return {
      ...access,
      // Times of one form compare as texts.
      expiresAt: expiresAt !== null && expiresAt < end ? expiresAt : end,
      session: { by: login.by, name: null, until: end },
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
