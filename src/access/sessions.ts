import { randomBytes } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { hashOf } from './named-token.ts'
import type { TokenLogin } from './token-logins.ts'
import type { User } from './user-access.ts'

/** How somebody logged in: with a token, or as a person whom an issuer of OpenID Connect knows. */
export type Login = TokenLogin | ({ by: 'oidc' } & User)

/** A session: how somebody logged in, and when it ends, in epoch ms. */
export interface Session {
  login: Login
  until: number
}

/**
 * The sessions of the dashboard, in Redis, by the hashes of their ids. The browser has the id in its cookie. So a session that was
 * ended is ended, whoever has a copy of the cookie; and who reads Redis finds no id. A session ends at a fixed time, however it is
 * used: what was true at the login is looked up again then.
 */
export function makeSessions({
  redis,
  prefix,
  forMs,
  now,
}: {
  redis: Redis | Cluster
  prefix: string
  /** How long a session lasts, in ms. */
  forMs: number
  /** epoch ms */
  now: () => number
}) {
  const keyOf = (id: string): string => `${prefix}:session:${hashOf(id)}`
  return {
    /** Begins a session, and gives its id: 256 random bits. */
    async begin(login: Login): Promise<{ id: string; session: Session }> {
      const id = randomBytes(32).toString('base64url')
      const session = { login, until: now() + forMs }
      await redis.set(keyOf(id), JSON.stringify(session), 'PX', forMs)
      return { id, session }
    },

    /** `undefined` if it has ended. */
    async find(id: string): Promise<Session | undefined> {
      const json = await redis.get(keyOf(id))
      return json === null ? undefined : JSON.parse(json)
    },

    end: async (id: string): Promise<void> => void (await redis.del(keyOf(id))),
  }
}
export type Sessions = ReturnType<typeof makeSessions>
