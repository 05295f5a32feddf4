import type { onRequestHookHandler } from 'fastify'
import { makeIdentify } from '../events/identify.ts'
import { HttpError } from './problem.ts'

/** Hooks that require the read token or the admin token (`read`), or the admin token (`admin`). */
export interface Roles {
  read: onRequestHookHandler
  admin: onRequestHookHandler
}

export function makeRoles(tokens: { readToken: string; adminToken: string }): Roles {
  const identify = makeIdentify([
    { name: 'read', token: tokens.readToken },
    { name: 'admin', token: tokens.adminToken },
  ])
  const allow =
    (...roles: ('read' | 'admin')[]): onRequestHookHandler =>
    async (request, reply) => {
      const role = identify(request.headers.authorization)
      if (role === undefined) {
        void reply.header('www-authenticate', 'Bearer')
        throw new HttpError(401, 'expected "Authorization: Bearer" with the read or the admin token')
      }
      if (!roles.includes(role)) throw new HttpError(403, 'this needs the admin token')
    }
  return { read: allow('read', 'admin'), admin: allow('admin') }
}
