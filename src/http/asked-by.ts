import type { FastifyRequest } from 'fastify'

/**
 * Who made a request, for records: `admin token from 10.0.0.7`, `token team-a from 10.0.0.7`, or `CI job 42 of team-a/app (gitlab)
 * from 10.0.0.7`. The address may be that of a proxy. With the name that somebody gave: `alice (admin token from 10.0.0.7)`.
 */
export const askedBy = (
  { access, ip }: Pick<FastifyRequest, 'access' | 'ip'>,
  name: string | null = null,
): string => (name === null ? `${access.who} from ${ip}` : `${name} (${access.who} from ${ip})`)
