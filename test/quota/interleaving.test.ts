import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeLog } from '../../src/platform/log.ts'
import type { QuotaAlert } from '../../src/queue/alert.ts'
import { projectSubject } from '../../src/queue/quota-subject.ts'
import { makeEnforce } from '../../src/quota/enforce.ts'
import { type FlagState, NEVER } from '../../src/quota/evaluate.ts'
import type { FlagEntry } from '../../src/quota/flags.ts'
import type { Quota } from '../../src/quota/quota.ts'

const PROJECT = projectSubject('ci/app')
const QUOTA: Quota = { measure: 'unique', limit: 100, warnAt: [0.5, 0.9], grace: 60_000 }

/** Redis as a run sees it. Each call waits until the scheduler lets it go on, and fails if the run is killed there. */
function makeWorld(scheduler: fc.Scheduler, kills: boolean[]) {
  let entry: FlagEntry = { state: NEVER }
  let used = 0
  let isLimited = true
  const queued = new Map<string, QuotaAlert>()
  const decided: FlagState[] = [NEVER]
  const step = async <T>(act: () => T): Promise<T> => {
    await scheduler.schedule(Promise.resolve())
    if (kills.pop()) throw new Error('killed before')
    const result = act()
    if (kills.pop()) throw new Error('killed after')
    return result
  }
  const read = () => ({ text: JSON.stringify(entry), ...structuredClone(entry) })
  const enforce = makeEnforce({
    flags: {
      entry: () => step(read),
      replace: (_, before, next) =>
        step(() => {
          if (before.text !== JSON.stringify(entry)) return undefined
          if (next?.state.change !== entry.state.change) decided.push(next?.state ?? NEVER)
          entry = next ?? { state: NEVER }
          return read()
        }),
    },
    inForce: { of: () => step(() => (isLimited ? { quota: QUOTA } : undefined)) },
    measure: () => step(() => ({ bytes: used, tags: 0, manifests: 0 })),
    // BullMQ adds no second job with the same id.
    announce: (alert) => step(() => queued.has(alert.id) || queued.set(alert.id, alert)),
    onOver: async () => {},
    actionFacts: async () => ({}),
    afterwards: async () => {},
    log: makeLog('silent'),
  })
  return {
    enforce,
    /** Undefined: it has no quota any more. */
    use: (bytes: number | undefined) => {
      isLimited = bytes !== undefined
      used = bytes ?? used
    },
    decided,
    alerts: () => [...queued.values()],
  }
}

test('each change is told exactly once, in any interleaving of repeated runs that are killed at any step', async () => {
  const anyUsages = fc.array(fc.option(fc.integer({ min: 0, max: 120 }), { nil: undefined, freq: 4 }), {
    ...{ minLength: 1, maxLength: 8 },
  })
  const anyKills = fc.array(fc.boolean(), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), anyUsages, anyKills, async (scheduler, usages, anyKill) => {
      const kills = [...anyKill]
      const world = makeWorld(scheduler, kills)
      const runs: Promise<unknown>[] = []
      for (const [n, bytes] of usages.entries()) {
        world.use(bytes)
        // A job that runs twice at once, since its worker stood still.
        for (const seconds of [0, 1]) {
          const at = new Date(Date.UTC(2026, 0, 1) + n * 45_000 + seconds * 1_000)
          runs.push(world.enforce(PROJECT, at).catch(() => {}))
        }
        if ((bytes ?? 0) % 2 === 0) await scheduler.waitFor(Promise.all(runs.splice(0)))
      }
      await scheduler.waitFor(Promise.all(runs))
      kills.length = 0
      // BullMQ repeats a job that was killed.
      for (const hour of [0, 1])
        await scheduler.waitFor(world.enforce(PROJECT, new Date(Date.UTC(2026, 0, 2, hour))))

      const told = world.alerts().map(({ from, to }) => [from, to])
      const changes = world.decided.slice(1).map(({ flag }, i) => [world.decided[i]?.flag, flag])
      expect(told).toEqual(changes)
      const final = usages.at(-1)
      if (final === undefined) expect(world.decided.at(-1)?.flag).toBe('ok')
      else if (final > 100) expect(world.decided.at(-1)?.flag).toBe('over')
      else if (final < 47) expect(world.decided.at(-1)?.flag).toBe('ok')
    }),
    { numRuns: 300 },
  )
})
