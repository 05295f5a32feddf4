import { randomBytes } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { hashOf } from './named-token.ts'
import type { TokenLogin } from './token-logins.ts'
import type { User } from './user-access.ts'

/** How somebody logged in: with a token, or as a person whom an issuer of OpenID Connect knows. */
export type Login = TokenLogin | ({ by: 'oidc'; issuer: string } & User)

/** Who logged in, for people: as records name it, and from which address. */
export interface LoggedIn {
  who: string
  from: string
}

/** A session: how somebody logged in, and when it began and ends, in epoch ms. */
export interface Session extends LoggedIn {
  login: Login
  began: number
  until: number
}

/** A session by the id that people have of it. With it alone, nobody comes in. */
export type ListedSession = Session & { publicId: string }

/** Letters of a public id: 96 bits. */
const PUBLIC_LENGTH = 24

/** The id that people have of a session, of the one that its browser has. */
export const publicIdOf = (id: string): string => hashOf(id).slice(0, PUBLIC_LENGTH)

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
  const keyOf = (publicId: string): string => `${prefix}:session:${publicId}`
  /** Sorted set: public id -> when it ends. */
  const all = `${prefix}:sessions`

  async function find(publicId: string): Promise<Session | undefined> {
    const json = await redis.get(keyOf(publicId))
    return json === null ? undefined : JSON.parse(json)
  }

  /** Whether there was such a session. */
  async function end(publicId: string): Promise<boolean> {
    const count = await redis.del(keyOf(publicId))
    await redis.zrem(all, publicId)
    return count > 0
  }

  return {
    /** Begins a session, and gives its id: 256 random bits. */
    async begin(login: Login, loggedIn: LoggedIn): Promise<{ id: string; session: Session }> {
      const id = randomBytes(32).toString('base64url')
      const publicId = publicIdOf(id)
      const began = now()
      const session = { login, ...loggedIn, began, until: began + forMs }
      // First the list: a session must not be where nobody finds it.
      await redis.zadd(all, session.until, publicId)
      await redis.zremrangebyscore(all, '-inf', began)
      await redis.set(keyOf(publicId), JSON.stringify(session), 'PX', forMs)
      return { id, session }
    },

    /** `undefined` if it has ended. */
    find: (id: string): Promise<Session | undefined> => find(publicIdOf(id)),

    end: async (id: string): Promise<void> => void (await end(publicIdOf(id))),

    /** Ends a session by its public id. Whether there was one. */
    endListed: end,

    /** At most `limit` sessions after a position, those that end last first. */
    async list(limit: number, after?: readonly [until: number, publicId: string]): Promise<ListedSession[]> {
      const flat = await redis.zrange(all, '+inf', `(${now()}`, 'BYSCORE', 'REV', 'WITHSCORES')
      const entries = flat
        .flatMap((publicId, n) => (n % 2 === 0 ? [{ publicId, until: Number(flat[n + 1]) }] : []))
        .filter((one) => after === undefined || isAfter(one, after))
      const found: ListedSession[] = []
      for (const { publicId } of entries) {
        if (found.length === limit) break
        const session = await find(publicId)
        if (session !== undefined) found.push({ ...session, publicId })
      }
      return found
    },
  }
}
export type Sessions = ReturnType<typeof makeSessions>

/** In the order of Redis: ids that have one score are in reverse order, too. */
const isAfter = (
  { until, publicId }: { until: number; publicId: string },
  [lastUntil, lastId]: readonly [number, string],
): boolean => (until === lastUntil ? publicId < lastId : until < lastUntil)
