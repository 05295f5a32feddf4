import { createHash, randomInt } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { expectedGlob, mayMatchIn } from '../config/glob.ts'
import { GRANTED_VERBS } from '../config/login-section.ts'

/** The verbs that a named token may have. */
export const TOKEN_VERBS = GRANTED_VERBS

const orNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

export const TokenName = Type.String({
  pattern: '^[a-z0-9][a-z0-9._-]{0,63}$',
  'x-expected': 'the name of a token: 1 to 64 of a-z, 0-9, ., _ and -, with a letter or a digit first',
  description: 'The name of the token.',
})

/** A token that somebody made at run time, without its secret. */
export const NamedToken = Type.Object({
  name: TokenName,
  projects: Type.Array(Type.String(), {
    ...{ minItems: 1, maxItems: 50 },
    description: 'The projects that it is for: globs over `registry/path`. `**` is all of them.',
  }),
  verbs: Type.Array(Type.Enum([...TOKEN_VERBS], { 'x-expected': TOKEN_VERBS.join(', ') }), {
    ...{ minItems: 1, uniqueItems: true },
    description:
      '`read`, `promote`, `expire`, `admin`. Each includes `read`, and `admin` the others (docs/access.md).',
  }),
  createdAt: Type.String({ description: 'When it was made, RFC 3339.' }),
  createdBy: Type.String({ description: 'Who made it: a token and the address that it came from.' }),
  why: orNull('Why. Null if nobody said.'),
  expiresAt: orNull('When it ends, RFC 3339. Null: once it is revoked.'),
})
export type NamedToken = Static<typeof NamedToken>

/** All secrets begin with this, so that scanners of code and logs find them: `tlm_[A-Za-z0-9]{40}`. */
const PREFIX = 'tlm_'
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const LENGTH = 40

/** A new secret: 40 letters and digits from the random numbers of the system, 238 bits. */
export const makeSecret = (): string =>
  PREFIX + Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')

/** The secret of a named token in an `Authorization` header. Whether there is such a token is another question. */
export const secretIn = (authorization: string | undefined): string | undefined =>
  /^Bearer +(tlm_[A-Za-z0-9]{40}) *$/i.exec(authorization ?? '')?.[1]

/**
 * What is kept of a secret: its SHA-256, in hex. A slow hash with a salt, as for passwords, would add nothing: nobody can try
 * 2^238 secrets, and no two are alike. It is the key by which a token is found, so no secret is compared letter by letter, and how
 * long a look-up takes says nothing of a secret.
 */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

/** What is wrong with the globs of a token, for people; `undefined` if nothing is. */
export function wrongProjects(globs: readonly string[], registries: readonly string[]): string | undefined {
  for (const glob of globs) {
    const expected = expectedGlob(glob, 'project')
    if (expected !== undefined) return `\`projects\`: "${glob}": expected ${expected}`
    if (!mayMatchIn(glob, registries))
      return `\`projects\`: "${glob}" can match no project: expected registry/path; configured registries: ${registries.join(', ') || 'none'}`
  }
  return undefined
}
