import { EVERYBODY, type OidcConfig } from '../config/login-section.ts'
import { printable } from '../platform/printable.ts'
import { type Access, accessOfGlobs, together } from './access.ts'

/** Somebody whom an issuer of OpenID Connect knows. */
export interface User {
  /** The issuer's id of the person. */
  subject: string
  /** The name for records and pages, such as the address of mail. */
  name: string
  groups: readonly string[]
}

/** Characters of a name, and of all groups together, that are told. They fit into a cookie. */
const MOST_CHARACTERS = { name: 100, groups: 600 }

const short = (text: string): string => printable(text.slice(0, MOST_CHARACTERS.name))

/**
 * What somebody may do by the grants of their groups; `undefined` if no grant is theirs. `name`: how records call them, which is
 * without a name if none are kept.
 */
export function accessOfUser(
  { name, groups }: Pick<User, 'name' | 'groups'>,
  { grants, name: issuer }: Pick<OidcConfig, 'grants' | 'name'>,
  { keepsNames }: { keepsNames: boolean },
): Access | undefined {
  const who = keepsNames ? `user ${short(name)}` : `user of ${issuer}`
  const own = grants.filter(({ group }) => group === EVERYBODY || groups.includes(group))
  if (own.length === 0) return undefined
  const parts = own.map(({ verbs, projects }) => accessOfGlobs({ who, verbs, projects, expiresAt: null }))
  return together({ who, expiresAt: null }, parts)
}

/** The groups of a person that grants name: those that a session must know. */
export const grantedGroups = (
  { groups }: Pick<User, 'groups'>,
  { grants }: Pick<OidcConfig, 'grants'>,
): string[] => groups.filter((one) => grants.some(({ group }) => group === one))

/** Why somebody may do nothing, for that person. */
export function withoutGrant({ name, groups }: Pick<User, 'name' | 'groups'>): string {
  const all = printable(groups.join(', '))
  const told = all.length > MOST_CHARACTERS.groups ? `${all.slice(0, MOST_CHARACTERS.groups)}…` : all
  const seen = groups.length === 0 ? 'no groups' : `these groups: ${told}`
  return `you are ${short(name)}, and no group of yours may do anything here. The login told ${seen}`
}
