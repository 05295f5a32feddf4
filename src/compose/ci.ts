import { type AuthenticateCi, makeAuthenticateCi } from '../ci/authenticate-ci.ts'
import { makeFirstIds } from '../ci/first-ids.ts'
import type { Config } from '../config/schema.ts'
import { makeDispatcher } from '../platform/dispatcher.ts'
import type { Parts } from './parts.ts'

/** What finds out who a CI job is; `undefined` if no issuer is configured. */
export function authenticateCi(
  { config, log, prefix, onClose }: Parts,
  { redis }: Pick<Awaited<ReturnType<Parts['onRedis']>>, 'redis'>,
): AuthenticateCi | undefined {
  if (config.ci.issuers.length === 0) return undefined
  const issuers = config.ci.issuers.map((issuer) => {
    const dispatcher = issuerDispatcher(issuer, config)
    onClose(() => dispatcher.destroy())
    return { ...issuer, dispatcher }
  })
  return makeAuthenticateCi({ issuers, firstIdOf: makeFirstIds({ redis, prefix }), log, now: Date.now })
}

/** What sends the requests for the keys of an issuer. The caller closes or destroys it. */
export const issuerDispatcher = ({ ca }: Config['ci']['issuers'][number], { proxy }: Pick<Config, 'proxy'>) =>
  makeDispatcher({ proxy, tls: ca === undefined ? undefined : { ca } })
