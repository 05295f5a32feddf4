import { setTimeout as sleep } from 'node:timers/promises'
import type { PlanOnIndex } from '../expiry/plan-on-index.ts'
import type { PlanFrees } from './project-row.ts'

/** How long plans are made after somebody looked, in ms. */
const WATCHED_MS = 60_000

/** A plan of a project that changed is made anew once it is this old, and any plan once it is `OLD_MS` old, in ms. */
const CHANGED_MS = 60_000
const OLD_MS = 3_600_000

/** A project whose plan takes longer is left out until its plan is old, in ms. */
const LIMIT_MS = 20_000

/** After each plan it rests this many times as long as that took, so plans take a fifth of the process's time at most. */
const REST = 4

/** What a plan depends on. */
interface Planned {
  id: string
  uniqueBytes: number
  lastPushAt: number
}

interface Kept {
  /** What was planned; `undefined` if that failed. */
  frees: PlanFrees | undefined
  at: number
  state: string
  policies: unknown
}

/**
 * Plans one project after the other, the largest first, as long as somebody looks at the overview, and keeps what each plan would
 * free. So nobody waits for a plan, and each has its time. `now` gives epoch ms.
 */
export function makePlanFreesCache(deps: {
  plan: PlanOnIndex
  /** As configured now: another list has all plans made anew. */
  policies: () => readonly unknown[]
  onFailure: (project: string, error: unknown) => void
  now: () => number
  restFactor?: number
}) {
  const { plan, now, restFactor = REST } = deps
  const kept = new Map<string, Kept>()
  const stopping = new AbortController()
  let projects: readonly Planned[] = []
  let watchedUntil = 0
  let revision = 0
  let running: Promise<void> | undefined

  const stateOf = ({ uniqueBytes, lastPushAt }: Planned) => `${uniqueBytes}:${lastPushAt}`

  function isDue(project: Planned): boolean {
    const last = kept.get(project.id)
    if (last === undefined || last.policies !== deps.policies()) return true
    const age = now() - last.at
    return age > OLD_MS || (age > CHANGED_MS && last.state !== stateOf(project))
  }

  function keep(id: string, planned: Kept): void {
    kept.set(id, planned)
    revision += 1
  }

  async function planOne(project: Planned): Promise<void> {
    const [at, state, policies] = [now(), stateOf(project), deps.policies()]
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(LIMIT_MS)])
    try {
      const found = await plan(project.id, { isEscalated: false, signal })
      const { uniqueBytes = 0, registryBytes = 0 } = found ?? {}
      keep(project.id, { frees: { at, uniqueBytes, registryBytes }, at, state, policies })
    } catch (error) {
      if (stopping.signal.aborted) return
      keep(project.id, { frees: undefined, at, state, policies })
      deps.onFailure(project.id, error)
    }
  }

  async function run(): Promise<void> {
    let due: Planned[] = []
    while (now() < watchedUntil && !stopping.signal.aborted) {
      // What is due is looked for once a round: it costs a look at each project.
      if (due.length === 0) {
        due = projects.filter(isDue).sort((a, b) => a.uniqueBytes - b.uniqueBytes)
        if (due.length === 0) return
      }
      const next = due.pop()
      if (next === undefined) return
      const began = performance.now()
      await planOne(next)
      const rest = (performance.now() - began) * restFactor
      await sleep(rest, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  return {
    /** Another number once another plan is kept. */
    revision: () => revision,
    of: (id: string): PlanFrees | undefined => kept.get(id)?.frees,
    /** Somebody looks at these projects: the plans that are due are made. */
    look(all: readonly Planned[]): void {
      projects = all
      watchedUntil = now() + WATCHED_MS
      if (kept.size > all.length) {
        const here = new Set(all.map(({ id }) => id))
        for (const id of kept.keys()) if (!here.has(id)) kept.delete(id)
      }
      running ??= run().finally(() => {
        running = undefined
      })
    },
    async stop(): Promise<void> {
      stopping.abort()
      await running
    },
  }
}
export type PlanFreesCache = ReturnType<typeof makePlanFreesCache>
