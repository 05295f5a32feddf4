import type { HookCall } from './hooks/hook.ts'
import type { Lease } from './leases.ts'
import type { CollectionRuns } from './runs.ts'
import type { Writability } from './writability.ts'

/** Makes a registry refuse writes for a while. Both give what is to be told of them. */
export interface Hold {
  /** Once it begins, the registry may be read-only, also if it throws: `off` must follow. */
  on(signal?: AbortSignal): Promise<string>
  /**
   * Lets writes in again. It tries until it succeeds; `opened` is called when it has. @throws HoldRemains, LeaseLost
   */
  off(opened?: () => void): Promise<string>
}

/** Tallyman stops, and the registry is still read-only. Whoever runs next lets writes in. */
export class HoldRemains extends Error {
  override readonly name = 'HoldRemains'
}

/** The registry does not do what the hook should have made it do. */
export class NotAsTold extends Error {
  override readonly name = 'NotAsTold'
}

/** The first pause after an attempt to let writes in that failed, in ms. It doubles, up to the longest. */
const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/** How long a registry may be away after its hook is done, in ms: it starts again. */
const AWAY_MS = 30_000

/** How often it is looked whether a hook that failed has its effect late, in ms. */
const LATE_LOOK_MS = 5_000

/**
 * Makes the hold of a registry for one run, by hooks. That a hook succeeds is not believed: a write that the registry cannot store
 * shows whether it takes writes.
 */
export function makeHold(deps: {
  run: { registry: string; id: string }
  hooks: { readOnlyOn: Call; readOnlyOff: Call }
  runs: Pick<CollectionRuns, 'hold' | 'letGo'>
  lease: Pick<Lease, 'requireOurs'>
  look: () => Promise<Writability>
  /** For how long `readOnlyOn` may still take effect after it failed, in ms. 0: its end is sure. */
  lateMs: number
  /** Told at the first failure to let writes in, and of each one after it. */
  onStuck: (why: string, attempts: number) => Promise<void>
  /** Told when writes are let in after such a failure. */
  onFreed: () => Promise<void>
  /** Told of what failed beside the hold. */
  onError: (error: unknown) => void
  /** Aborted when Tallyman stops. */
  closing: AbortSignal
  /** ms, of a clock that never goes back */
  clock: () => number
  sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>
}): Hold {
  const { run, hooks, runs, lease, clock, sleep, closing } = deps
  let isOn = false

  /** Looks until the registry answers, for a while. */
  async function lookAgain(signal?: AbortSignal): Promise<Writability> {
    for (const until = clock() + AWAY_MS; ; await sleep(500, signal)) {
      const found = await deps.look()
      if (found.kind !== 'down' || clock() > until) return found
    }
  }

  async function offOnce(): Promise<string> {
    const output = await hooks.readOnlyOff({})
    const found = await lookAgain()
    if (found.kind === 'readOnly')
      throw new NotAsTold('readOnlyOff succeeded, and the registry still refuses writes')
    if (found.kind === 'down')
      throw new NotAsTold(`readOnlyOff succeeded, and the registry is not there: ${found.why}`)
    return withNote(output, found, 'takes')
  }

  /** @throws NotAsTold if the registry refuses writes again, HoldRemains */
  async function awaitLate(): Promise<void> {
    if (isOn) return
    for (const until = clock() + deps.lateMs; clock() < until; ) {
      await sleep(LATE_LOOK_MS, closing).catch(() => {})
      if (closing.aborted) throw new HoldRemains('readOnlyOn failed, and may still take effect')
      if ((await deps.look()).kind === 'readOnly') throw new NotAsTold('readOnlyOn has taken effect late')
    }
  }

  return {
    async on(signal) {
      // Before anything else: whoever comes after a crash must know.
      await runs.hold(run)
      await lease.requireOurs()
      isOn = false
      const output = await hooks.readOnlyOn({ signal })
      isOn = true
      const found = await lookAgain(signal)
      if (found.kind === 'writable')
        throw new NotAsTold('readOnlyOn succeeded, and the registry still takes writes')
      if (found.kind === 'down')
        throw new NotAsTold(`readOnlyOn succeeded, and the registry is not there: ${found.why}`)
      return withNote(output, found, 'refuses')
    },

    async off(opened) {
      for (let attempts = 1; ; attempts++) {
        await lease.requireOurs()
        try {
          const output = await offOnce()
          opened?.()
          await awaitLate()
          // If that fails, writes are let in once more, later.
          await runs.letGo(run.registry).catch(deps.onError)
          if (attempts > 1) await deps.onFreed().catch(deps.onError)
          return output
        } catch (error) {
          if (error instanceof HoldRemains) throw error
          const why = error instanceof Error ? error.message : String(error)
          await deps.onStuck(why, attempts).catch(deps.onError)
          if (closing.aborted) throw new HoldRemains(`the registry is still read-only: ${why}`)
          await sleep(Math.min(FIRST_MS * 2 ** (attempts - 1), LONGEST_MS), closing).catch(() => {})
        }
      }
    },
  }
}

type Call = (options: Pick<HookCall, 'signal'>) => Promise<string>

const withNote = (output: string, found: Writability, does: 'takes' | 'refuses'): string =>
  found.kind === 'unknown'
    ? `${output}\n(whether it ${does} writes could not be tried: ${found.why})`.trimStart()
    : output
