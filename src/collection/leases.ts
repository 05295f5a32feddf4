import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { type ProcessId, thisProcess, wasLeft } from '../platform/process-id.ts'

/** How long a lease lasts without being renewed, how often it is renewed, and when its holder gives up, in ms. */
export interface LeaseTimes {
  lastsMs: number
  renewMs: number
  giveUpMs: number
}

/**
 * A dead holder's registry is taken over after a minute. A failover of Redis takes up to half a minute. The holder that gives
 * up has the other half of the minute to let writes in again, before anybody else may begin.
 */
export const LEASE_TIMES: LeaseTimes = { lastsMs: 60_000, renewMs: 5_000, giveUpMs: 30_000 }

/** Somebody else has the registry now. What its holder before has begun is theirs to finish. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** The right to hold a registry: one process has it at a time. */
export interface Lease {
  /** Aborted once it could not be renewed for so long that its holder must come to an end. */
  readonly signal: AbortSignal
  /** Waits until it is certain that nobody else has it. @throws LeaseLost */
  requireOurs(): Promise<void>
  release(): Promise<void>
}

/**
 * Leases of registries, in Redis. They survive restarts of Tallyman, and expire. `sleep` is given ms. The keys of a registry
 * share its hash tag.
 */
export function makeLeases(deps: {
  redis: Redis | Cluster
  prefix: string
  times?: LeaseTimes
  /** ms, of a clock that never goes back */
  clock: () => number
  sleep: (ms: number) => Promise<unknown>
}) {
  const { redis, clock, times: { lastsMs, renewMs, giveUpMs } = LEASE_TIMES } = deps
  const ours = thisProcess()
  const script = (path: string) => loadScript(redis, new URL(path, import.meta.url))
  const [take, renew, release] = [
    script('scripts/take-lease.lua'),
    script('scripts/renew-lease.lua'),
    script('../platform/scripts/release-lease.lua'),
  ]
  const keysOf = (registry: string): [string, string] => [
    `${deps.prefix}:{${registry}}:collection-lease`,
    `${deps.prefix}:{${registry}}:collection-holder`,
  ]

  return {
    /** Whether somebody has it. One whose process has died here has it no longer. */
    async isTaken(registry: string): Promise<boolean> {
      const keys = keysOf(registry)
      const token = await redis.get(keys[0])
      if (token === null) return false
      if (!(await wasLeft(processIn(token)))) return true
      await release(keys, [token])
      return false
    },

    /** Takes the lease of a registry; `undefined` if somebody has it. */
    async take(registry: string): Promise<Lease | undefined> {
      const keys = keysOf(registry)
      const token: string = JSON.stringify({ ...ours, id: randomUUID() })
      // Redis counts from when it is asked, or later.
      let renewedAt = clock()
      const [taken] = await take(keys, [token, lastsMs])
      if (taken?.toString() !== '1') return undefined
      const lost = new AbortController()
      let isLost = false

      async function renewNow(): Promise<void> {
        const askedAt = clock()
        const [held] = await renew(keys, [token, lastsMs])
        if (held?.toString() === '1') renewedAt = askedAt
        else isLost = true
      }
      const timer = setInterval(() => {
        renewNow().catch(() => {})
        if (isLost || clock() - renewedAt > giveUpMs) lost.abort()
      }, renewMs)

      return {
        signal: lost.signal,
        async requireOurs() {
          // As long as it lasts by our own clock, nobody else can have it, whether Redis answers or not.
          while (!isLost && clock() - renewedAt >= lastsMs) {
            await renewNow().catch(() => {})
            if (!isLost && clock() - renewedAt >= lastsMs) await deps.sleep(renewMs)
          }
          if (isLost) throw new LeaseLost('another process has taken the registry over')
        },
        async release() {
          clearInterval(timer)
          await release(keys, [token])
        },
      }
    },
  }
}
export type Leases = ReturnType<typeof makeLeases>

/** The process that took a lease; `undefined` if a token does not tell. */
function processIn(token: string): ProcessId | undefined {
  try {
    const { place, pid, startedAt } = JSON.parse(token)
    return { place, pid, startedAt }
  } catch {
    return undefined
  }
}
