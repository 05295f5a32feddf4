import type { FastifyRequest } from 'fastify'

/**
 * Who made a request, for records: `admin token from 10.0.0.7`, `token team-a from 10.0.0.7`, or `CI job 42 of team-a/app (gitlab)
 * from 10.0.0.7`. The address may be that of a proxy.
 */
export const askedBy = ({ access, ip }: Pick<FastifyRequest, 'access' | 'ip'>): string =>
  `${access.who} from ${ip}`
