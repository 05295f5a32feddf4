import { isDeepStrictEqual } from 'node:util'
import { shareFor } from '../platform/share-for.ts'
import type { makeClockCheck } from './clock-check.ts'
import { makePatience } from './delete-pace.ts'
import type { RunnablePolicy } from './expiry-settings.ts'

/** How often a dry run looks whether it goes on, and a run whether a registry takes writes again, in ms. */
const LOOK_MS = 1_000

/** Tallyman stops. Another attempt goes on with the run. */
export class RunPaused extends Error {
  override readonly name = 'RunPaused'
}

/** Somebody has stopped the run, or its policy was changed, or the quota of a project in which it evicts. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped'
}

/** A source of protection failed. The next run asks it again. */
export class ProtectionUnknown extends Error {
  override readonly name = 'ProtectionUnknown'
}

/** Asked before each single delete: may this run go on, and may it delete? `planMs` is how long a look at the registry counts, in ms. */
export function makeRunGate(deps: {
  policy: RunnablePolicy
  dryRun: boolean
  planMs: number
  /** As configured now. */
  policies: () => readonly RunnablePolicy[]
  /** Why nothing may be deleted at the registry by what the index says now; `undefined` if there is no reason. */
  doubtOf: (registry: string) => Promise<string | undefined>
  /** Why it is not known what is protected there; `undefined` if it is. */
  protectionDoubtOf: (registry: string) => Promise<string | undefined>
  /** Whether a collection of garbage makes the registry read-only: it refuses deletes then, too. */
  isHeld: (registry: string) => Promise<boolean>
  clock: ReturnType<typeof makeClockCheck>
  isStopping: () => boolean
  /** Who has stopped the run, and when; `undefined` if it goes on. */
  stopOf: () => Promise<{ by: string; at: string } | undefined>
  sleep: (ms: number) => Promise<unknown>
}) {
  const { policy, dryRun, clock } = deps
  const { registry } = policy

  async function requireGoOn(): Promise<void> {
    if (deps.isStopping()) throw new RunPaused('Tallyman stops: this run goes on when it is back')
    const stop = await deps.stopOf()
    if (stop !== undefined) throw new RunStopped(`${stop.by} stopped it at ${stop.at}`)
  }
  const requireGoOnSoon = shareFor(LOOK_MS, requireGoOn)
  const withPatience = makePatience({ sleep: deps.sleep, requireGoOn })
  const checkClock = () => withPatience(() => clock.check(registry))

  /** @throws if the index may be wrong, or if ages cannot be told */
  const check = shareFor(deps.planMs, async () => {
    const doubt = await deps.doubtOf(registry)
    if (doubt !== undefined) throw new Error(`nothing is deleted at the registry "${registry}": ${doubt}`)
    // Every image would be kept, and every notice would be forgotten.
    const unknown = await deps.protectionDoubtOf(registry)
    if (unknown !== undefined)
      throw new ProtectionUnknown(`nothing is deleted at the registry "${registry}": ${unknown}`)
    await checkClock()
  })

  /** A policy that was changed or removed meanwhile, also its mode, ends the deletes of a run. */
  function requirePolicy(): void {
    if (!deps.policies().some((one) => isDeepStrictEqual(one, policy)))
      throw new RunStopped('its policy was changed')
  }

  const isHeldSoon = shareFor(LOOK_MS, () => deps.isHeld(registry))

  /** Waits until the registry takes writes. @throws RunPaused, RunStopped */
  async function awaitWrites(): Promise<void> {
    if (!(await isHeldSoon())) return
    while (await deps.isHeld(registry)) {
      await deps.sleep(LOOK_MS)
      await requireGoOn()
    }
  }

  /**
   * Whether this run deletes: not if it is dry. It waits while the registry is read-only for a collection.
   * @throws RunPaused, RunStopped, and what `check` throws
   */
  async function mayDelete(): Promise<boolean> {
    if (dryRun) return requireGoOnSoon().then(() => false)
    await requireGoOn()
    await awaitWrites()
    requirePolicy()
    await check()
    if (clock.wasSet()) await checkClock()
    // To look at the index takes time.
    requirePolicy()
    return true
  }

  return { check, mayDelete, withPatience }
}
export type RunGate = ReturnType<typeof makeRunGate>
