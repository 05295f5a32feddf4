import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { digestBytes } from '../usage/digest-key.ts'
import { type Passing, readPassing } from './passing.ts'

/** Repositories and digests of requests that are remembered. With more, nobody knows what was asked for. */
const MOST_NOTED = 500_000

/** How often a process looks whether requests may go on, in ms. */
const LOOK_MS = 20

/** Bytes of a digest that are remembered. */
const KEY_BYTES = 16

/** What requests have asked for while a gate was armed. */
export interface Seen {
  /** The repositories that they may have changed. */
  repositories: Set<string>
  /** Whether one named this digest, or asked for it. */
  hasAskedFor(digest: string): boolean
}

/**
 * The gate in front of each registry: its proxy asks before it passes a request on (`GET /v1/admission`). Redis holds its state,
 * so all processes that answer proxies see the same. A gate that nobody closes again opens by itself.
 */
export function makeGate({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const passGate = loadScript(redis, new URL('scripts/pass-gate.lua', import.meta.url))
  const keysOf = (registry: string) => {
    const base = `${prefix}:{${registry}}:gate:`
    return {
      ...{ armed: `${base}armed`, held: `${base}held` },
      ...{ repositories: `${base}repositories`, digests: `${base}digests` },
    }
  }
  /** Who waits at a registry in this process waits together. */
  const waiting = new Map<string, Promise<void>>()

  async function untilOpen(registry: string): Promise<void> {
    try {
      while ((await redis.exists(keysOf(registry).held)) > 0) await sleep(LOOK_MS)
    } finally {
      waiting.delete(registry)
    }
  }

  async function pass(registry: string, { repository = '', digests }: Passing): Promise<void> {
    const { armed, held, repositories, digests: asked } = keysOf(registry)
    const keys = digests.map((digest) => digestBytes(digest).subarray(0, KEY_BYTES))
    const [mustWait] = await passGate(
      [armed, held, repositories, asked],
      [MOST_NOTED, repository.slice(0, 255), ...keys],
    )
    if (String(mustWait) === '0') return
    const open = waiting.get(registry) ?? untilOpen(registry)
    waiting.set(registry, open)
    await open
  }

  return {
    /** Resolves once a request may go on to its registry. `uri` is its target as the client sent it. */
    async pass({ registry, method, uri }: { registry: string; method: string; uri: string }): Promise<void> {
      const passing = readPassing(method, uri)
      if (passing !== undefined) await pass(registry, passing)
    },

    /** Begins to remember requests, for at most `ms`. What was remembered before is forgotten. */
    async arm(registry: string, ms: number): Promise<void> {
      const { armed, repositories, digests } = keysOf(registry)
      await redis.del(repositories, digests)
      await redis.set(armed, '1', 'PX', ms)
    },
    async disarm(registry: string): Promise<void> {
      const { armed, held, repositories, digests } = keysOf(registry)
      await redis.del(armed, held, repositories, digests)
    },

    /** Lets no request pass for at most `ms`, but those that need not wait. */
    async close(registry: string, ms: number): Promise<void> {
      await redis.set(keysOf(registry).held, '1', 'PX', ms)
    },
    async open(registry: string): Promise<void> {
      await redis.del(keysOf(registry).held)
    },

    /** @throws Error if the gate is not armed any more, or has seen more than it can remember */
    async seen(registry: string): Promise<Seen> {
      const { armed, repositories, digests } = keysOf(registry)
      const [names, keys, isArmed] = await Promise.all([
        ...([redis.smembers(repositories), redis.smembersBuffer(digests)] as const),
        redis.exists(armed),
      ])
      if (isArmed === 0) throw new Error('the gate no longer remembers which requests passed: collect again')
      if (Math.max(names.length, keys.length) > MOST_NOTED)
        throw new Error(
          `more than ${MOST_NOTED} requests passed while blobs were looked for: collect at a time with fewer pushes`,
        )
      const asked = new Set(keys.map((key) => key.toString('hex')))
      return {
        repositories: new Set(names),
        hasAskedFor: (digest) => asked.has(digestBytes(digest).subarray(0, KEY_BYTES).toString('hex')),
      }
    },
  }
}
export type Gate = ReturnType<typeof makeGate>
