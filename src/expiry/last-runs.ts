import type { Cluster, Redis } from 'ioredis'
import type { ExpiryRun, RunState } from './decision.ts'
import type { ExpiryRuns } from './runs.ts'

/** The last run of a policy in all projects of its registry, dry or real. Times in epoch ms. */
export interface LastRun {
  policy: string
  registry: string
  startedAt: number
  state: RunState
  /** When the state was written. */
  changedAt: number
  plannedBytes: number
  /** Projects in which it deletes nothing, since its plan is too large a share of them. */
  held: number
  /** When a run came to its end last, this one or one before; absent if none did. */
  succeededAt?: number
}

type Kept = Omit<LastRun, 'policy' | 'registry' | 'succeededAt'>

/**
 * Remembers the last run of each policy and registry, in a hash of Redis: the records of runs are in the store, and to find the
 * newest there takes many reads. Lost with the data in Redis, until the next run. `now`: epoch ms.
 */
export function makeLastRuns({
  redis,
  prefix,
  now,
}: {
  redis: Redis | Cluster
  prefix: string
  now: () => number
}) {
  const key = `${prefix}:expiry-last-runs`
  // The name of a registry has no slash.
  const nameOf = ({ registry, policy }: Pick<LastRun, 'registry' | 'policy'>) => `${registry}/${policy}`

  return {
    async note(run: ExpiryRun): Promise<void> {
      if (run.projects !== undefined) return
      const kept: Kept = {
        ...{ startedAt: Date.parse(run.at), state: run.state, changedAt: now() },
        ...{ plannedBytes: run.progress.plannedBytes, held: run.held?.length ?? 0 },
      }
      const name = nameOf(run)
      const succeeded = run.state === 'done' ? { [`succeeded ${name}`]: now() } : {}
      await redis.hset(key, { [`last ${name}`]: JSON.stringify(kept), ...succeeded })
    },

    /** The last runs of these policies; those that never ran are left out. */
    async of(policies: readonly Pick<LastRun, 'registry' | 'policy'>[]): Promise<LastRun[]> {
      if (policies.length === 0) return []
      const names = policies.map(nameOf)
      const found = await redis.hmget(key, ...names.flatMap((name) => [`last ${name}`, `succeeded ${name}`]))
      return policies.flatMap(({ policy, registry }, n) => {
        const [last, succeeded] = [found[2 * n], found[2 * n + 1]]
        if (!last) return []
        const kept: Kept = JSON.parse(last)
        return [{ policy, registry, ...kept, ...(succeeded && { succeededAt: Number(succeeded) }) }]
      })
    },
  }
}
export type LastRuns = ReturnType<typeof makeLastRuns>

/** Makes records of runs that are remembered as the last ones. A run goes on if that fails: `onError` hears why. */
export const noteLastRuns = (
  runs: ExpiryRuns,
  lastRuns: Pick<LastRuns, 'note'>,
  onError: (error: Error) => void,
): ExpiryRuns => ({
  ...runs,
  async append(run, stored) {
    await runs.append(run, stored)
    await lastRuns.note(run).catch(onError)
  },
})
