import type { AccessOf } from '../access/access-of.ts'
import { makeAccessOfSession } from '../access/access-of-session.ts'
import { makeSessionKeys } from '../access/session-keys.ts'
import { makeSessions } from '../access/sessions.ts'
import { makeTokenLogins } from '../access/token-logins.ts'
import type { Tokens } from '../access/tokens.ts'
import type { Roles } from '../http/roles.ts'
import { makeAccessOfCookie } from '../http/session-cookie.ts'
import { sessionRoute } from '../http/session-route.ts'
import type { Parts } from './parts.ts'

/** Builds what lets people log in to the dashboard. */
export async function login(
  { config, prefix }: Parts,
  { redis }: Pick<Awaited<ReturnType<Parts['onRedis']>>, 'redis'>,
  { accessOf, named }: { accessOf: AccessOf; named: Pick<Tokens, 'find'> },
) {
  const { server } = config
  const forMs = server.sessionFor
  const keys = await makeSessionKeys(server.sessionKey ?? server.adminToken)
  const sessions = makeSessions({ redis, prefix, forMs, now: Date.now })
  const tokenLogins = makeTokenLogins({ tokens: server, named, key: keys.proof, now: Date.now })
  const accessOfSession = makeAccessOfSession({ sessions, tokenLogins })
  return {
    cookie: { key: keys.cookie, forMs, isSecure: server.publicUrl?.startsWith('https:') ?? false },
    accessOfCookie: makeAccessOfCookie(accessOfSession),
    routes: (roles: Roles) => [sessionRoute({ accessOf, sessions, tokenLogins, accessOfSession, roles })],
  }
}
