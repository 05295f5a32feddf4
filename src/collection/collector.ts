import type { Logger } from '../platform/log.ts'
import { endWithout } from './by-hand.ts'
import type { CollectionMode, CollectionRun } from './collection-run.ts'
import { CollectionInterrupted, CollectionStopped } from './conduct.ts'
import { endLeftovers } from './hooks/end-leftovers.ts'
import { interrupt } from './interrupt.ts'
import type { Lease, Leases } from './leases.ts'
import { type Asked, type CollectionRuns, newRun } from './runs.ts'

/** How often it is looked whether somebody has stopped a run, in ms. */
const LOOK_MS = 1_000

/** What a run has while it runs. */
export interface Context {
  lease: Pick<Lease, 'requireOurs'>
  /** Aborted with CollectionStopped or CollectionInterrupted. */
  signal: AbortSignal
  /** Aborted when Tallyman stops. */
  closing: AbortSignal
  save: (run: CollectionRun) => Promise<void>
  onPhase: (run: CollectionRun) => Promise<void>
}

/**
 * Runs a collection of one mode to its end, from the phase in which it is. Of one that a dead process had in hand, `interrupt` has
 * noted that before. @throws HoldRemains, LeaseLost
 */
export type Conductor = (run: CollectionRun, context: Context) => Promise<CollectionRun>

/** What is asked of a collection, and what the job knows of it. */
export interface CollectionTask {
  asked: Asked
  id: string
  /** epoch ms */
  at: number
  onPhase: (run: CollectionRun) => Promise<void>
  /** Who has stopped it; undefined if nobody has. */
  stopOf: () => Promise<{ by: string; at: string } | undefined>
}

/** A registry is held by another run: ask again later. */
export const TAKEN = Symbol('taken')

/** Runs collections, one at a time for each registry in all processes together, and ends those whose process died. */
export function makeCollector(deps: {
  runs: CollectionRuns
  leases: Leases
  /** What runs a collection of a registry; `undefined` if its configuration has not what that needs. */
  conductorOf: (registry: string, mode: CollectionMode) => Conductor | undefined
  /** What lets writes in at a registry that a run holds whose conductor is not configured any more. */
  releaserOf: (registry: string) => Conductor
  /** Told of each run that has ended. */
  onEnded: (run: CollectionRun) => Promise<void>
  /** Where the processes are that it can see. */
  place: string
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  closing: AbortSignal
  /** epoch ms */
  now: () => number
}) {
  const { runs, leases, log, closing, now } = deps

  async function go(run: CollectionRun, lease: Lease | undefined, task?: CollectionTask) {
    const stop = new AbortController()
    const interruptNow = () =>
      stop.abort(
        new CollectionInterrupted(closing.aborted ? 'Tallyman stops' : 'Redis did not answer for too long'),
      )
    const signals = [closing, ...(lease ? [lease.signal] : [])]
    for (const signal of signals) signal.addEventListener('abort', interruptNow, { once: true })
    if (signals.some(({ aborted }) => aborted)) interruptNow()
    const look = setInterval(() => {
      task?.stopOf().then(
        (found) => found && stop.abort(new CollectionStopped(`${found.by} stopped it at ${found.at}`)),
        () => {},
      )
    }, LOOK_MS)
    try {
      const stopped = await task?.stopOf().catch(() => undefined)
      if (stopped) stop.abort(new CollectionStopped(`${stopped.by} stopped it at ${stopped.at}`))
      const conductor =
        deps.conductorOf(run.registry, run.mode) ??
        (run.isHeld ? deps.releaserOf(run.registry) : (left) => endWithout(left, { save: runs.save, now }))
      const ended = await conductor(run, {
        ...{ signal: stop.signal, closing, save: runs.save },
        lease: lease ?? { requireOurs: async () => {} },
        onPhase: task?.onPhase ?? (async () => {}),
      })
      await deps
        .onEnded(ended)
        .catch((err) => log.warn({ err, run: run.id }, 'the end of a collection could not be told'))
      return ended
    } finally {
      clearInterval(look)
      for (const signal of signals) signal.removeEventListener('abort', interruptNow)
    }
  }

  /** Ends a run whose process died: what it left running, and what keeps the registry read-only. */
  async function recover(run: CollectionRun, lease: Lease | undefined, task?: CollectionTask) {
    log.warn(
      { registry: run.registry, run: run.id, phase: run.phase },
      `the collection ${run.id} of ${run.registry} is without its process`,
    )
    if (run.hook !== undefined) {
      const { place, host, group } = run.hook
      const ended =
        place === deps.place && place !== '' ? await endLeftovers({ group, run: run.id }) : undefined
      const last = run.phases.at(-1)
      if (last !== undefined && ended !== 0)
        last.note =
          ended === undefined
            ? `a program may still run on ${host}`
            : `programs that it left were killed: ${ended}`
      delete run.hook
    }
    interrupt(run, now())
    await runs.save(run).catch((err) => log.warn({ err, run: run.id }, 'the record could not be written'))
    return go(run, lease, task)
  }

  /** The run that holds a registry, which its record may not know: it may be lost, or could not be written. */
  async function holder(registry: string, id: string): Promise<CollectionRun> {
    const run =
      (await runs.get(registry, id)) ??
      newRun({ registry, mode: 'conduct', dryRun: false, force: false, by: 'not known' }, now())
    markHeld(run)
    return run
  }

  async function endHolder(registry: string, lease: Lease): Promise<void> {
    const held = await runs.holderOf(registry)
    if (held !== undefined) await recover(await holder(registry, held.id), lease)
  }

  return {
    /** @returns the run once it has ended, or TAKEN if another one has the registry. @throws HoldRemains, LeaseLost */
    async process(task: CollectionTask): Promise<CollectionRun | typeof TAKEN> {
      const { asked, id, at } = task
      const run = (await runs.get(asked.registry, id)) ?? {
        ...newRun(asked, at),
        id,
      }
      if (run.phase === 'ended') return run
      if (run.dryRun)
        return run.phases.length === 0 ? go(run, undefined, task) : recover(run, undefined, task)
      if (await leases.isTaken(asked.registry)) return TAKEN
      const lease = await leases.take(asked.registry)
      if (lease === undefined) return TAKEN
      try {
        if ((await runs.holderOf(asked.registry))?.id === id) markHeld(run)
        else await endHolder(asked.registry, lease)
        const isNew = run.phases.length === 0 && !run.isHeld
        return isNew ? await go(run, lease, task) : await recover(run, lease, task)
      } finally {
        await lease.release().catch((err) => log.warn({ err }, 'a lease could not be given back: it expires'))
      }
    },

    /** Lets writes in at a registry that a run made read-only whose process died. Does nothing if somebody has it in hand. */
    async sweep(registry: string): Promise<void> {
      if ((await leases.isTaken(registry)) || (await runs.holderOf(registry)) === undefined) return
      const lease = await leases.take(registry)
      if (lease === undefined) return
      try {
        await endHolder(registry, lease)
      } finally {
        await lease.release().catch((err) => log.warn({ err }, 'a lease could not be given back: it expires'))
      }
    },
  }
}
/** If the record of a run that holds its registry does not know that, all is done that may be needed. */
function markHeld(run: CollectionRun): void {
  // It has ended, but for the note of its hold.
  if (run.phase === 'ended') Object.assign(run, { phase: 'readOnlyOff', isHeld: true })
  else if (!run.isHeld) Object.assign(run, { phase: 'collect', isHeld: true, hasCollected: true })
}

export type Collector = ReturnType<typeof makeCollector>
