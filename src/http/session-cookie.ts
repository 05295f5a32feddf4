import secureSession from '@fastify/secure-session'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Access } from '../access/access.ts'
import type { AccessOfSession } from '../access/access-of-session.ts'
import type { OidcFlow } from '../access/oidc-login.ts'
import { HttpError } from './problem.ts'

declare module '@fastify/secure-session' {
  /** What the cookie of a browser holds, encrypted. */
  interface SessionData {
    /** The id of its session. */
    id: string
    /** The login with OpenID Connect that goes on, and the path to go to after it. */
    flow: OidcFlow & { to: string }
    /** Why the login that ended a moment ago let nobody in. `until`: how long that is told, in epoch ms. */
    refused: { detail: string; until: number }
  }
}

/** How the cookie of sessions is made. */
export interface CookieSettings {
  /** 32 bytes, the same in all processes. */
  key: Buffer
  /** How long browsers keep it, in ms. */
  forMs: number
  /** Whether people reach the service by https: then browsers send the cookie by https only. */
  isSecure: boolean
}

/** Lets requests have `request.session`. */
export async function useSessionCookie(app: FastifyInstance, settings: CookieSettings): Promise<void> {
  const seconds = Math.ceil(settings.forMs / 1000)
  await app.register(secureSession, {
    key: settings.key,
    // A browser takes a cookie with this beginning from this host alone, and by https (RFC 6265bis, section 4.1.3.2).
    cookieName: settings.isSecure ? '__Host-tallyman' : 'tallyman',
    expiry: seconds,
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: settings.isSecure, maxAge: seconds },
  })
}

/** Who has the session of a request; `undefined` without a session. It throws HttpError, TokenRefused, and what Redis throws. */
export type AccessOfCookie = (request: FastifyRequest) => Promise<Access | undefined>

export const makeAccessOfCookie =
  ({ accessOfId }: Pick<AccessOfSession, 'accessOfId'>): AccessOfCookie =>
  async (request) => {
    const id = request.session.get('id')
    if (id === undefined) return undefined
    const access = await accessOfId(id)
    requireOwnPage(request)
    return access
  }

/** The header that shows that a request is from a page of ours. */
export const CSRF_HEADER = 'x-tallyman-csrf'

const READS = ['GET', 'HEAD']

/**
 * Refuses a request that another site may have made in the browser of somebody who is logged in. A page of another site cannot send
 * a header of its own unless the server agrees (CORS, preflight), and this one never does. @throws HttpError 403
 */
export function requireOwnPage(request: FastifyRequest): void {
  if (READS.includes(request.method)) return
  requireSameSite(request)
  if (request.headers[CSRF_HEADER] !== '1')
    throw new HttpError(403, `a request with the cookie of a session needs the header "${CSRF_HEADER}: 1"`)
}

/** Browsers say where a request comes from (Fetch Metadata); other programs do not. @throws HttpError 403 */
export function requireSameSite({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin')
    throw new HttpError(403, `this request comes from a page of another site (Sec-Fetch-Site: ${site})`)
}
