import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { makeIdentify } from '../events/identify.ts'
import { HttpError } from './problem.ts'

export type Role = 'read' | 'admin' | 'uses'

/**
 * Hooks that require the read token or the admin token (`read`), the admin token (`admin`), or the token of reporters of use or
 * the admin token (`uses`).
 */
export interface Roles {
  read: onRequestHookHandler
  admin: onRequestHookHandler
  uses: onRequestHookHandler
  /** The role of a request; `undefined` if it has none of the tokens. */
  roleOf(request: Pick<FastifyRequest, 'headers'>): Role | undefined
}

export function makeRoles(tokens: {
  readToken: string
  adminToken: string
  usesToken?: string | undefined
}): Roles {
  const identify = makeIdentify([
    { name: 'read', token: tokens.readToken },
    { name: 'admin', token: tokens.adminToken },
    ...(tokens.usesToken === undefined ? [] : [{ name: 'uses' as const, token: tokens.usesToken }]),
  ])
  const roleOf: Roles['roleOf'] = ({ headers }) => identify(headers.authorization)
  const allow =
    (needed: string, ...roles: Role[]): onRequestHookHandler =>
    async (request, reply) => {
      const role = roleOf(request)
      if (role === undefined) {
        void reply.header('www-authenticate', 'Bearer')
        throw new HttpError(401, `expected "Authorization: Bearer" with ${needed}`)
      }
      if (!roles.includes(role)) throw new HttpError(403, `this needs ${needed}, not the ${role} token`)
    }
  return {
    read: allow('the read or the admin token', 'read', 'admin'),
    admin: allow('the admin token', 'admin'),
    uses: allow('the uses token or the admin token', 'uses', 'admin'),
    roleOf,
  }
}
