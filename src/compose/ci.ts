import { type AuthenticateCi, makeAuthenticateCi } from '../ci/authenticate-ci.ts'
import { makeFirstIds } from '../ci/first-ids.ts'
import { makeDispatcher } from '../platform/dispatcher.ts'
import type { Parts } from './parts.ts'

/** What finds out who a CI job is; `undefined` if no issuer is configured. */
export function authenticateCi(
  { config, log, prefix, onClose }: Parts,
  { redis }: Pick<Awaited<ReturnType<Parts['onRedis']>>, 'redis'>,
): AuthenticateCi | undefined {
  if (config.ci.issuers.length === 0) return undefined
  const issuers = config.ci.issuers.map((issuer) => {
    const { ca } = issuer
    const dispatcher = makeDispatcher({ proxy: config.proxy, tls: ca === undefined ? undefined : { ca } })
    onClose(() => dispatcher.destroy())
    return { ...issuer, dispatcher }
  })
  return makeAuthenticateCi({ issuers, firstIdOf: makeFirstIds({ redis, prefix }), log, now: Date.now })
}
