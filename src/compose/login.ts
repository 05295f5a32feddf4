import type { Access } from '../access/access.ts'
import type { AccessOf } from '../access/access-of.ts'
import { makeAccessOfSession } from '../access/access-of-session.ts'
import { makeOidcLogin } from '../access/oidc-login.ts'
import { makeSessionKeys } from '../access/session-keys.ts'
import { makeSessions } from '../access/sessions.ts'
import { makeTokenLogins } from '../access/token-logins.ts'
import type { Tokens } from '../access/tokens.ts'
import { accessOfUser, grantedGroups, type User, withoutGrant } from '../access/user-access.ts'
import type { OidcConfig } from '../config/login-section.ts'
import { loginRoute, OIDC_CALLBACK, type OidcParts } from '../http/login-route.ts'
import type { Roles } from '../http/roles.ts'
import { makeAccessOfCookie } from '../http/session-cookie.ts'
import { sessionRoute } from '../http/session-route.ts'
import { sessionsRoute } from '../http/sessions-route.ts'
import { makeDispatcher } from '../platform/dispatcher.ts'
import type { Parts } from './parts.ts'

/** Builds what lets people log in to the dashboard. */
export async function login(
  parts: Parts,
  { redis }: Pick<Awaited<ReturnType<Parts['onRedis']>>, 'redis'>,
  { accessOf, named }: { accessOf: AccessOf; named: Pick<Tokens, 'find'> },
) {
  const { config, prefix } = parts
  const { server } = config
  const forMs = server.sessionFor
  const keys = await makeSessionKeys(server.sessionKey ?? server.adminToken)
  const sessions = makeSessions({ redis, prefix, forMs, now: Date.now })
  const tokenLogins = makeTokenLogins({ tokens: server, named, key: keys.proof, now: Date.now })
  const { oidc } = config.login
  const accessOfPerson = (user: User) =>
    oidc && accessOfUser(user, oidc, { keepsNames: parts.settings().config.actors })
  const accessOfSession = makeAccessOfSession({
    ...{ sessions, tokenLogins },
    // Who is in which group is what an issuer says: another one may have other groups of the same name.
    accessOfUser: (user) => (user.issuer === oidc?.issuer ? accessOfPerson(user) : undefined),
  })
  return {
    cookie: { key: keys.cookie, forMs, isSecure: server.publicUrl?.startsWith('https:') ?? false },
    accessOfCookie: makeAccessOfCookie(accessOfSession),
    routes: (roles: Roles) => [
      sessionRoute({ accessOf, sessions, tokenLogins, accessOfSession, roles }),
      sessionsRoute({ sessions, audit: parts.journals.audit.audit, roles }),
      loginRoute({
        ...{ sessions, publicUrl: server.publicUrl ?? '', isPublic: config.login.public },
        oidc: oidc && oidcParts(parts, oidc, accessOfPerson),
      }),
    ],
  }
}

function oidcParts(
  { config, onClose }: Parts,
  oidc: OidcConfig,
  accessOfPerson: (user: User) => Access | undefined,
): OidcParts {
  const { ca, name } = oidc
  const dispatcher = makeDispatcher({ proxy: config.proxy, tls: ca === undefined ? undefined : { ca } })
  onClose(() => dispatcher.destroy())
  const redirectUri = `${config.server.publicUrl}${OIDC_CALLBACK}`
  return {
    ...{ ...makeOidcLogin({ oidc, redirectUri, dispatcher, now: Date.now }), name },
    admit(user) {
      const access = accessOfPerson(user)
      if (access === undefined) return { refusal: withoutGrant(user) }
      const { issuer } = oidc
      return { who: access.who, user: { ...user, issuer, groups: grantedGroups(user, oidc) } }
    },
  }
}
