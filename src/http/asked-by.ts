import type { FastifyRequest } from 'fastify'
import type { Roles } from './roles.ts'

/** Who made a request, for records: `admin token from 10.0.0.7`. The address may be that of a proxy. */
export const askedBy = (
  roles: Pick<Roles, 'roleOf'>,
  request: Pick<FastifyRequest, 'headers' | 'ip'>,
): string => `${roles.roleOf(request) ?? 'no'} token from ${request.ip}`
