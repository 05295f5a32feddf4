import type { Dispatcher } from 'undici'
import type { CiIssuer } from '../config/ci-section.ts'
import type { Logger } from '../platform/log.ts'
import { makeBindProject } from './bind-projects.ts'
import type { FirstIdOf } from './first-ids.ts'
import { type KeyLimits, makeIssuerKeys } from './issuer-keys.ts'
import type { CiPrincipal } from './principal.ts'
import { type Payload, readClaims } from './read-claims.ts'
import { CiRefusal } from './refusal.ts'
import { findIssuer, verifyToken } from './verify-token.ts'

/** How often a reason is logged of one issuer, at most, in ms. */
const LOG_MS = 60_000

/**
 * Makes what finds out who a CI job is, from its token. `from` is the address of the sender, for the log. It throws CiRefusal, and
 * what Redis throws. `now`: epoch ms.
 */
export function makeAuthenticateCi(deps: {
  /** Each with what sends the requests for its keys. */
  issuers: readonly (CiIssuer & { dispatcher: Dispatcher })[]
  firstIdOf: FirstIdOf
  log: Logger
  now: () => number
  keyLimits?: KeyLimits
}) {
  const issuers = deps.issuers.map((issuer) => ({
    ...issuer,
    keyOf: makeIssuerKeys(issuer.issuer, issuer.dispatcher, deps.keyLimits),
    bind: makeBindProject(issuer),
  }))
  type Issuer = (typeof issuers)[number]
  /** By issuer and reason: when it was logged last, and how many were refused since. */
  const logged = new Map<string, { at: number; since: number }>()

  async function principalOf(issuer: Issuer, payload: Payload): Promise<CiPrincipal> {
    const claims = readClaims(issuer, payload)
    const { project, projectId: id } = claims
    const { ids, projects } = issuer.bind(claims)
    const expected = ids.length > 0 ? ids : [await deps.firstIdOf({ issuer: issuer.issuer, project, id })]
    if (!expected.includes(id))
      throw new CiRefusal(
        'id',
        `the project ${project} has the id ${id} at its issuer, and had ${expected.join(' or ')}: if this is right, put the id into ci.issuers`,
      )
    return { kind: 'ci', issuer: issuer.name, projects, claims }
  }

  function note({ code, message, cause }: CiRefusal, issuer: Issuer | undefined, from: string): void {
    const key = `${issuer?.name ?? ''} ${code}`
    const { at, since } = logged.get(key) ?? { at: Number.NEGATIVE_INFINITY, since: 0 }
    const isDue = deps.now() - at >= LOG_MS
    logged.set(key, isDue ? { at: deps.now(), since: 0 } : { at, since: since + 1 })
    if (!isDue) return
    const why = code === 'keys' && cause instanceof Error ? cause.message : message
    const fields = { code, ...(issuer && { issuer: issuer.name }), from, refused: since + 1 }
    deps.log.warn(fields, `the token of a CI job was refused: ${why}`)
  }

  return async (token: string, from: string): Promise<CiPrincipal> => {
    let issuer: Issuer | undefined
    try {
      issuer = findIssuer(token, issuers)
      return await principalOf(issuer, await verifyToken(token, issuer, issuer.keyOf, deps.now()))
    } catch (error) {
      if (error instanceof CiRefusal) note(error, issuer, from)
      throw error
    }
  }
}
export type AuthenticateCi = ReturnType<typeof makeAuthenticateCi>
