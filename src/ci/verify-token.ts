import { decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import type { CiIssuer } from '../config/ci-section.ts'
import type { Payload } from './read-claims.ts'
import { KeysUnavailable } from './read-keys.ts'
import { CiRefusal } from './refusal.ts'

/** Characters of a token. One of GitLab has 2,000, and some more for each group of its user. */
const MOST_CHARACTERS = 16 * 1024

/** How much the clocks of the issuer and of this service may differ, in s. */
const CLOCK_TOLERANCE = 30

/**
 * The issuer that a token says it is from. Nothing of the token is verified by that.
 * @throws CiRefusal if it is no token, or its issuer is not among these
 */
export function findIssuer<I extends Pick<CiIssuer, 'issuer'>>(token: string, issuers: readonly I[]): I {
  if (token.length > MOST_CHARACTERS)
    throw new CiRefusal('malformed', `it is longer than ${MOST_CHARACTERS} characters`)
  const { iss } = read(token)
  const found = issuers.find(({ issuer }) => issuer === iss)
  if (found === undefined) throw new CiRefusal('issuer', 'its issuer (iss) is not one of ci.issuers')
  return found
}

function read(token: string): Payload {
  try {
    return decodeJwt(token)
  } catch {
    throw new CiRefusal('malformed', 'it is not a JSON Web Token')
  }
}

/**
 * The content of a token that this issuer signed, for this service, and that is valid at `now`, epoch ms (RFC 7519).
 * @throws CiRefusal
 */
export async function verifyToken(
  token: string,
  { issuer, audience, algorithms }: Pick<CiIssuer, 'issuer' | 'audience' | 'algorithms'>,
  keyOf: JWTVerifyGetKey,
  now: number,
): Promise<Payload> {
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      ...{ issuer, audience, algorithms, requiredClaims: ['exp'] },
      ...{ clockTolerance: CLOCK_TOLERANCE, currentDate: new Date(now) },
    })
    return payload
  } catch (error) {
    throw refusalOf(error, { audience, algorithms })
  }
}

function refusalOf(error: unknown, expected: Pick<CiIssuer, 'audience' | 'algorithms'>): CiRefusal {
  const refused = (code: CiRefusal['code'], message: string) => new CiRefusal(code, message, { cause: error })
  if (error instanceof CiRefusal) return error
  if (error instanceof KeysUnavailable || error instanceof errors.JWKSTimeout)
    return refused('keys', 'the keys of its issuer cannot be read now: try again')
  if (error instanceof errors.JWTExpired) return refused('time', 'it has expired (exp)')
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud') return refused('audience', `its audience (aud) is not ${expected.audience}`)
    if (error.claim === 'nbf' && error.reason === 'check_failed')
      return refused('time', 'it is not valid yet (nbf)')
    return refused('malformed', `its claim ${error.claim} is missing or wrong`)
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return refused('algorithm', `its algorithm (alg) is not ${expected.algorithms.join(' or ')}`)
  if (error instanceof errors.JWKSNoMatchingKey)
    return refused('key', 'its key (kid) is not one of its issuer')
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refused('signature', 'its signature is wrong')
  return refused('malformed', 'it cannot be verified')
}
