import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { hashOf, makeSecret, type NamedToken } from './named-token.ts'

/** How often it is written at most when a token was last used, in ms: a minute. */
const USED_MS = 60_000

/** A token, and when it was last used, RFC 3339, a minute ago more or less; null if it was not. */
export type ListedToken = NamedToken & { lastUsedAt: string | null }

/**
 * The named tokens, in Redis, by the hashes of their secrets. Each request asks Redis, some 0.1 ms, and nothing is kept in memory: a
 * token that is revoked is refused at once by every process. If Redis is away, this throws, and nobody comes in by such a token.
 */
export function makeTokens({
  redis,
  prefix,
  now = Date.now,
  onError,
}: {
  redis: Redis | Cluster
  prefix: string
  /** epoch ms */
  now?: () => number
  /** What failed when a use was to be noted. */
  onError: (error: Error) => void
}) {
  const names = `${prefix}:{tokens}:names`
  const tokens = `${prefix}:{tokens}:by-hash`
  const add = loadScript(redis, new URL('./scripts/add-token.lua', import.meta.url))
  const revoke = loadScript(redis, new URL('./scripts/revoke-token.lua', import.meta.url))
  const timeOf = (ms: number) => new Date(ms).toISOString()

  /** A Redis that is full still lets tokens in. */
  async function noteUse(hash: string, at: number): Promise<void> {
    await redis.hset(tokens, `used ${hash}`, at).catch(onError)
  }

  return {
    /** Makes a token, which ends in `forMs`, or never. Gives its secret, which is kept nowhere; `undefined` if the name is taken. */
    async create(
      wanted: Omit<NamedToken, 'createdAt' | 'expiresAt'>,
      forMs: number | undefined,
    ): Promise<{ token: NamedToken; secret: string } | undefined> {
      const at = now()
      const expiresAt = forMs === undefined ? null : timeOf(at + forMs)
      const token: NamedToken = { ...wanted, createdAt: timeOf(at), expiresAt }
      const secret = makeSecret()
      const args = [token.name, hashOf(secret), JSON.stringify(token), timeOf(at)]
      const [isAdded] = await add([names, tokens], args)
      return String(isAdded) === '1' ? { token, secret } : undefined
    },

    /** The token whose secret has this hash, also if it has expired; `undefined` if there is none. */
    async find(hash: string): Promise<NamedToken | undefined> {
      const [json, used] = await redis.hmget(tokens, `token ${hash}`, `used ${hash}`)
      if (!json) return undefined
      const at = now()
      if (at - Number(used ?? 0) >= USED_MS) await noteUse(hash, at)
      return JSON.parse(json)
    },

    /** All tokens by name, also those that have expired. */
    async list(): Promise<ListedToken[]> {
      const all = await redis.hgetall(tokens)
      return Object.entries(all)
        .filter(([field]) => field.startsWith('token '))
        .map(([field, json]): ListedToken => {
          const used = all[`used ${field.slice('token '.length)}`]
          return { ...JSON.parse(json), lastUsedAt: used === undefined ? null : timeOf(Number(used)) }
        })
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },

    /** Whether there was such a token. From now on nobody comes in by it. */
    revoke: async (name: string): Promise<boolean> => String(await revoke([names, tokens], [name])) === '1',
  }
}
export type Tokens = ReturnType<typeof makeTokens>
