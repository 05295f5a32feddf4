import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import type { AuthenticateCi } from '../ci/authenticate-ci.ts'
import { type CiPrincipal, mayActFor } from '../ci/principal.ts'
import { CiRefusal } from '../ci/refusal.ts'
import { makeIdentify } from '../events/identify.ts'
import { HttpError } from './problem.ts'

export type Role = 'read' | 'admin' | 'uses'

declare module 'fastify' {
  interface FastifyRequest {
    /** The CI job that makes the request; `undefined` if it has one of the tokens of the configuration. */
    principal: CiPrincipal | undefined
  }
}

/**
 * Hooks that require the read token or the admin token (`read`), the admin token (`admin`), or the token of reporters of use or
 * the admin token (`uses`).
 */
export interface Roles {
  read: onRequestHookHandler
  admin: onRequestHookHandler
  uses: onRequestHookHandler
  /** Like `read`, and lets a CI job in if `projectOf` finds in the request a project, `registry/path`, that it may act for. */
  readOwn(projectOf: (request: FastifyRequest) => unknown): onRequestHookHandler
  /** Like `read`, and lets every CI job in: the route must call `requireOwn`. */
  readOrCi: onRequestHookHandler
  /** Like `admin`, and lets every CI job in: the route must call `requireOwn`. */
  adminOrCi: onRequestHookHandler
  /** The role of a request; `undefined` if it has none of the tokens. */
  roleOf(request: Pick<FastifyRequest, 'headers'>): Role | undefined
}

/** `authenticateCi`: absent if no issuer of tokens of CI jobs is configured. */
export function makeRoles(
  tokens: { readToken: string; adminToken: string; usesToken?: string | undefined },
  authenticateCi?: AuthenticateCi,
): Roles {
  const identify = makeIdentify([
    { name: 'read', token: tokens.readToken },
    { name: 'admin', token: tokens.adminToken },
    ...(tokens.usesToken === undefined ? [] : [{ name: 'uses' as const, token: tokens.usesToken }]),
  ])
  const roleOf: Roles['roleOf'] = ({ headers }) => identify(headers.authorization)

  /** `checkCi` throws if a CI job may not make the request. */
  const allow =
    (needed: string, roles: Role[], checkCi = forbid(needed)): onRequestHookHandler =>
    async (request, reply) => {
      const role = roleOf(request)
      if (role !== undefined) {
        if (!roles.includes(role)) throw new HttpError(403, `this needs ${needed}, not the ${role} token`)
        return
      }
      const token = webToken(request)
      if (authenticateCi === undefined || token === undefined) {
        void reply.header('www-authenticate', 'Bearer')
        throw new HttpError(401, `expected "Authorization: Bearer" with ${needed}`)
      }
      request.principal = await authenticateCi(token, request.ip).catch((error: Error) => {
        if (!(error instanceof CiRefusal)) throw error
        if (error.status !== 401) throw new HttpError(error.status, error.message)
        void reply.header('www-authenticate', 'Bearer error="invalid_token"')
        throw new HttpError(401, `the token of the CI job is refused: ${error.message}`)
      })
      checkCi(request, request.principal)
    }
  const [read, admin] = ['the read or the admin token', 'the admin token']
  const anyCi = () => {}
  return {
    read: allow(read, ['read', 'admin']),
    admin: allow(admin, ['admin']),
    uses: allow('the uses token or the admin token', ['uses', 'admin']),
    readOwn: (projectOf) =>
      allow(read, ['read', 'admin'], (request) => requireOwn(request, projectOf(request))),
    readOrCi: allow(`${read}, or that of a CI job`, ['read', 'admin'], anyCi),
    adminOrCi: allow(`${admin}, or that of a CI job`, ['admin'], anyCi),
    roleOf,
  }
}

/** Three parts in base64url with dots between them (RFC 7515, section 7.1). Its header begins with `{"`. */
const webToken = ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined =>
  /^Bearer +(eyJ[\w-]*\.[\w-]*\.[\w-]*) *$/i.exec(headers.authorization ?? '')?.[1]

const forbid =
  (needed: string) =>
  (_: FastifyRequest, principal: CiPrincipal): void => {
    throw new HttpError(403, `this needs ${needed}. A CI job may read and promote ${ownOf(principal)}`)
  }

/** @throws HttpError 403 if a CI job makes the request and may not act for `project`, `registry/path` */
export function requireOwn({ principal }: Pick<FastifyRequest, 'principal'>, project: unknown): void {
  if (principal === undefined || (typeof project === 'string' && mayActFor(principal, project))) return
  const asked = typeof project === 'string' ? `not for ${project}` : 'and the request names no project'
  throw new HttpError(403, `this CI job may act for ${ownOf(principal)}, ${asked}`)
}

const ownOf = ({ projects }: CiPrincipal): string => projects.join(' and ') || 'no project'
