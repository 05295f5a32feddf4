import {
  type AuthorizationCodeGrantChecks,
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import { type Dispatcher, fetch, type RequestInit } from 'undici'
import type { OidcConfig } from '../config/login-section.ts'
import { LoginFailure } from './login-failure.ts'
import type { User } from './user-access.ts'
import { isComplete, userOfClaims } from './user-of-claims.ts'

/** What a browser keeps, encrypted, while somebody logs in at the issuer. */
export interface OidcFlow {
  state: string
  nonce: string
  /** The secret of this login (PKCE, RFC 7636): whoever has only the code can do nothing with it. */
  verifier: string
  /** When it ends, in epoch ms. */
  until: number
}

/** How long somebody may take to log in at the issuer, in ms. */
const FLOW_MS = 600_000

/** How long what the issuer tells of itself is used, in ms; and how long after a failure it is not asked again. */
const KNOWN_MS = { found: 3_600_000, failed: 5_000 }

/** How long an answer of the issuer may take, in seconds. */
const ANSWER_SECONDS = 10

/** The issuer does not answer, or answers that it cannot now. */
class IssuerAway extends Error {
  override readonly name = 'IssuerAway'
}

/**
 * Makes what logs people in with OpenID Connect: the authorization code flow with PKCE, state and nonce. The issuer is first asked
 * when somebody logs in, so the service starts without it.
 */
export function makeOidcLogin(deps: {
  oidc: OidcConfig
  /** Where the issuer sends people back. */
  redirectUri: string
  /** What sends requests to the issuer. */
  dispatcher: Dispatcher
  /** epoch ms */
  now: () => number
}) {
  const { oidc, redirectUri, now } = deps
  let known: { configuration: Promise<Configuration>; until: number } | undefined

  async function ask(url: string, options: object): Promise<Response> {
    const init = { ...options, dispatcher: deps.dispatcher } as RequestInit
    const answer = await fetch(url, init).catch((error: Error) => {
      throw new IssuerAway(`${new URL(url).origin} does not answer`, { cause: error })
    })
    if (answer.status >= 500) throw new IssuerAway(`${new URL(url).origin} answers ${answer.status}`)
    return answer as unknown as Response
  }

  /** As the issuer takes it: by default in a header (RFC 8414, section 2). */
  const showSecret: ClientAuth = (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const show = methods.includes('client_secret_basic') ? ClientSecretBasic : ClientSecretPost
    return show(oidc.clientSecret)(server, client, body, headers)
  }

  const find = () =>
    discovery(new URL(oidc.issuer), oidc.clientId, {}, showSecret, {
      [customFetch]: ask,
      timeout: ANSWER_SECONDS,
      execute: [
        enableNonRepudiationChecks,
        // The configuration lets this be only where both run on one machine.
        ...(oidc.issuer.startsWith('http:') ? [allowInsecureRequests] : []),
      ],
    })

  async function configuration(): Promise<Configuration> {
    if (known === undefined || now() >= known.until) {
      const mine = { configuration: find(), until: now() + KNOWN_MS.found }
      known = mine
      mine.configuration.catch(() => {
        mine.until = now() + KNOWN_MS.failed
      })
    }
    return known.configuration
  }

  return {
    /** Begins a login: where to send somebody, and what must come back with them. @throws LoginFailure */
    async begin(): Promise<{ url: string; flow: OidcFlow }> {
      const found = await configuration().catch(failed)
      const flow = {
        ...{ state: randomState(), nonce: randomNonce(), verifier: randomPKCECodeVerifier() },
        until: now() + FLOW_MS,
      }
      const url = buildAuthorizationUrl(found, {
        ...{ redirect_uri: redirectUri, state: flow.state, nonce: flow.nonce },
        scope: [...new Set(['openid', ...oidc.scopes])].join(' '),
        code_challenge: await calculatePKCECodeChallenge(flow.verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, flow }
    },

    /** Ends a login with what the issuer sent along, a query. @throws LoginFailure */
    async finish(query: string, flow: OidcFlow | undefined): Promise<User> {
      const told = new URLSearchParams(query)
      if (flow === undefined || now() >= flow.until)
        throw new LoginFailure('expired', 'no login is going on in this browser')
      if (told.get('state') !== flow.state)
        throw new LoginFailure('expired', 'the state is not that of the login in this browser')
      const checks: AuthorizationCodeGrantChecks = {
        ...{ expectedState: flow.state, expectedNonce: flow.nonce, pkceCodeVerifier: flow.verifier },
        idTokenExpected: true,
      }
      return userFrom(new URL(`${redirectUri}?${told}`), checks).catch(failed)
    },
  }

  async function userFrom(url: URL, checks: AuthorizationCodeGrantChecks): Promise<User> {
    const found = await configuration()
    const tokens = await authorizationCodeGrant(found, url, checks)
    const claims = tokens.claims()
    if (claims === undefined) throw new Error('the issuer sent no ID token')
    const isEnough =
      isComplete(claims, oidc.groupsClaim) || found.serverMetadata().userinfo_endpoint === undefined
    const more = isEnough ? {} : await fetchUserInfo(found, tokens.access_token, claims.sub)
    return userOfClaims({ ...more, ...claims }, oidc.groupsClaim)
  }
}
export type OidcLogin = ReturnType<typeof makeOidcLogin>

/** @throws LoginFailure */
function failed(error: Error): never {
  const away = causesOf(error).find((one) => one instanceof IssuerAway || timedOut(one))
  if (away !== undefined) throw new LoginFailure('unavailable', away.message, { cause: error })
  // Such as access_denied: somebody pressed Cancel, or may not use this client (RFC 6749, section 4.1.2.1).
  if (error instanceof AuthorizationResponseError)
    throw new LoginFailure('denied', `the issuer answered ${error.error}`, { cause: error })
  const isClient = 'status' in error && error.status === 401
  const head = isClient ? 'the issuer does not take clientId and clientSecret: ' : ''
  const why = causesOf(error)
    .map(({ message }) => message)
    .join(': ')
  throw new LoginFailure('failed', head + why, { cause: error })
}

const timedOut = (error: Error): boolean => 'code' in error && error.code === 'OAUTH_TIMEOUT'

/** An error and what caused it. */
function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : []
}
