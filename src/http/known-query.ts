import type { FastifyRequest } from 'fastify'
import { OIDC_CALLBACK } from './login-route.ts'
import { HttpError } from './problem.ts'

/**
 * Refuses a parameter that a route of the API does not have: a misspelt filter would select all.
 * @throws HttpError that names it and those that there are
 */
export async function requireKnownQuery({ query, routeOptions }: FastifyRequest): Promise<void> {
  const { schema, url } = routeOptions
  if (!url?.startsWith('/v1/') || ANY_QUERY.includes(url)) return
  const known = Object.keys((schema?.querystring as { properties?: object } | undefined)?.properties ?? {})
  const unknown = Object.keys(query as object).find((name) => !known.includes(name))
  if (unknown === undefined) return
  const expected = known.length === 0 ? 'this takes none' : `expected ${known.join(', ')}`
  throw new HttpError(400, `unknown query parameter ${JSON.stringify(unknown)}: ${expected}`)
}

/**
 * The URL of a registry's endpoint may have any query, and a refusal would hold the registry up. Issuers send what they like along
 * with whoever comes back from them.
 */
const ANY_QUERY = ['/v1/events', OIDC_CALLBACK]
