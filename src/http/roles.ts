import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { makeIdentify } from '../events/identify.ts'
import { HttpError } from './problem.ts'

export const ROLES = ['read', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Hooks that require the read token or the admin token (`read`), or the admin token (`admin`). */
export interface Roles {
  read: onRequestHookHandler
  admin: onRequestHookHandler
  /** The role of a request; `undefined` if it has neither token. */
  roleOf(request: Pick<FastifyRequest, 'headers'>): Role | undefined
}

export function makeRoles(tokens: { readToken: string; adminToken: string }): Roles {
  const identify = makeIdentify([
    { name: 'read', token: tokens.readToken },
    { name: 'admin', token: tokens.adminToken },
  ])
  const roleOf: Roles['roleOf'] = ({ headers }) => identify(headers.authorization)
  const allow =
    (...roles: Role[]): onRequestHookHandler =>
    async (request, reply) => {
      const role = roleOf(request)
      if (role === undefined) {
        void reply.header('www-authenticate', 'Bearer')
        throw new HttpError(401, 'expected "Authorization: Bearer" with the read or the admin token')
      }
      if (!roles.includes(role)) throw new HttpError(403, 'this needs the admin token')
    }
  return { read: allow('read', 'admin'), admin: allow('admin'), roleOf }
}
