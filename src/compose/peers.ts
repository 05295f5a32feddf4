import { createHash, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Cluster, Redis } from 'ioredis'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Config } from '../config/schema.ts'

/** A process that has shown itself this long ago is gone, in ms. */
const GONE_MS = 600_000

const Shown = Type.Object({
  host: Type.String(),
  pid: Type.Integer(),
  fingerprint: Type.String(),
  /** epoch ms */
  at: Type.Number(),
})

/**
 * The processes that share a Redis and a prefix: the hash `<prefix>:processes` holds what each shows of itself. Two
 * configurations on one prefix would work off each other's jobs by their own rules.
 */
export function makePeers(deps: {
  redis: Redis | Cluster
  prefix: string
  fingerprint: () => string
  now: () => number
}) {
  const { redis, prefix, now } = deps
  const key = `${prefix}:processes`
  const own = randomUUID()
  /** When each other process has last shown itself, by the look before. */
  let before = new Map<string, number>()
  let strangers: string[] = []
  return {
    /** Warnings of the last look. */
    strangers: (): readonly string[] => strangers,
    /** The processes that have shown themselves lately, such as `812 on node-1`. */
    async names(): Promise<string[]> {
      const shown = Object.values(await redis.hgetall(key)).map((text) =>
        Value.Parse(Shown, JSON.parse(text)),
      )
      return shown.filter(({ at }) => now() - at <= GONE_MS).map(({ host, pid }) => `${pid} on ${host}`)
    },
    /**
     * Shows this process, and gives a warning for each other one that has another configuration. A process counts once it has
     * shown itself anew between two looks: one that was killed does not.
     */
    async look(): Promise<string[]> {
      const fingerprint = deps.fingerprint()
      const shown = JSON.stringify({ host: hostname(), pid: process.pid, fingerprint, at: now() })
      await redis.hset(key, own, shown)
      const others = Object.entries(await redis.hgetall(key))
        .filter(([id]) => id !== own)
        .map(([id, text]) => ({ id, ...Value.Parse(Shown, JSON.parse(text)) }))
      for (const { id, at } of others) if (now() - at > GONE_MS) await redis.hdel(key, id)
      const isAlive = ({ id, at }: (typeof others)[number]) => before.has(id) && before.get(id) !== at
      const differing = others.filter((one) => one.fingerprint !== fingerprint && isAlive(one))
      before = new Map(others.map(({ id, at }) => [id, at]))
      strangers = differing.map(
        ({ host, pid }) =>
          `process ${pid} on ${host} uses the prefix "${prefix}" of the same Redis with another configuration: ` +
          'restart it with this one, or give each configuration a redis.prefix of its own',
      )
      return strangers
    },
    async leave(): Promise<void> {
      await redis.hdel(key, own)
    },
  }
}

/** What must be the same in all processes on one prefix, as a hash. It holds no secret. */
export function fingerprintOf(config: Config): string {
  const registries = Object.entries(config.registries).map(([name, { url, type, project }]) => [
    name,
    url,
    type,
    project,
  ])
  const { quotas, promotion, expiry, scanners } = config
  const shared = [registries, quotas, promotion, expiry, scanners]
  return createHash('sha256').update(JSON.stringify(shared)).digest('hex')
}
