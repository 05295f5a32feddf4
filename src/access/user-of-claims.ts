import type { User } from './user-access.ts'

type Claims = Readonly<Record<string, unknown>>

const isMapping = (value: unknown): value is Claims => typeof value === 'object' && value !== null

const own = (of: unknown, key: string): unknown =>
  isMapping(of) && Object.hasOwn(of, key) ? of[key] : undefined

/** A claim by its name; or, with dots in it, one inside others. A name may have dots itself: `https://example.com/groups`. */
const claimAt = (claims: Claims, name: string): unknown =>
  own(claims, name) ?? name.split('.').reduce<unknown>(own, claims)

/** The groups that claims tell; `undefined` if they have no such claim. One group may be a text. */
export function groupsIn(claims: Claims, groupsClaim: string): string[] | undefined {
  const value = claimAt(claims, groupsClaim)
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined
}

/**
 * The claim that names a person for records and approvals (OpenID Connect Core 1.0, section 5.1). An address that the issuer does
 * not say to have verified may be that of somebody else, and so may `name`, which people choose freely.
 */
function nameIn(claims: Claims): string | undefined {
  const names = own(claims, 'email_verified') === true ? ['email', USER_NAME] : [USER_NAME]
  return names
    .map((key) => own(claims, key))
    .find((value): value is string => typeof value === 'string' && value !== '')
}

const USER_NAME = 'preferred_username'

/** Whether claims tell all that is wanted of a person. */
export const isComplete = (claims: Claims, groupsClaim: string): boolean =>
  groupsIn(claims, groupsClaim) !== undefined && nameIn(claims) !== undefined

export const userOfClaims = (claims: Claims & { sub: string }, groupsClaim: string): User => ({
  subject: claims.sub,
  name: nameIn(claims) ?? claims.sub,
  groups: groupsIn(claims, groupsClaim) ?? [],
})
