import type { FastifyRequest } from 'fastify'
import { describeCi } from '../ci/principal.ts'
import type { Roles } from './roles.ts'

/**
 * Who made a request, for records: `admin token from 10.0.0.7`, or `CI job 42 of team-a/app (gitlab) from 10.0.0.7`. The address
 * may be that of a proxy.
 */
export const askedBy = (
  roles: Pick<Roles, 'roleOf'>,
  request: Pick<FastifyRequest, 'headers' | 'ip'> & Partial<Pick<FastifyRequest, 'principal'>>,
): string => {
  const { principal, ip } = request
  return `${principal ? describeCi(principal) : `${roles.roleOf(request) ?? 'no'} token`} from ${ip}`
}
