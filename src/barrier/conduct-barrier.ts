import type { CollectionRun } from '../collection/collection-run.ts'
import type { Context } from '../collection/collector.ts'
import { CollectionStopped } from '../collection/conduct.ts'
import type { Outcome } from '../collection/run-state.ts'
import { NO_TRASH } from '../space/blob-trash.ts'
import type { Barrier } from './barrier.ts'
import { type Collected, collectBehindBarrier } from './collect.ts'
import { findGarbage } from './find-garbage.ts'
import type { Step } from './steps.ts'

type CollectDeps = Parameters<typeof collectBehindBarrier>[0]

/** Under which name the record of a run has a step. What is not here is a part of the phase before. */
const PHASE_OF: Partial<Record<Step, string>> = {
  ...{ 'first-survey': 'survey', copy: 'copy', close: 'take', 'look-after': 'look-after' },
}

/** Errors after which somebody else goes on with the run. */
const isFatal = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'HoldRemains' || error.name === 'LeaseLost')

/**
 * Runs a collection behind the barrier to its end, and writes its record. Of one whose process died, it lets pushes in and puts back
 * what images need; the next collection does the rest.
 * @throws HoldRemains, LeaseLost
 */
export async function conductBarrier(
  run: CollectionRun,
  deps: Omit<CollectDeps, 'at' | 'run' | 'stop'> & {
    context: Context
    /** What speaks against it. */
    problems: () => Promise<string[]>
    /** Throws if the registry remembers blobs that are taken from it. */
    requireForgetful: () => Promise<void>
    /** Surveys the storage, and puts back what images lack. */
    settle: () => Promise<unknown>
    /** The name of its folder in the trash. */
    folder: string
  },
): Promise<CollectionRun> {
  const { context, barrier, now, clock } = deps
  const { signal, save } = context
  let phaseAt = clock()

  function endPhase(fields: { error?: string; note?: string } = {}): void {
    const last = run.phases.at(-1)
    if (last !== undefined && last.tookMs === null)
      Object.assign(last, { tookMs: Math.round(clock() - phaseAt), ...fields })
  }

  async function beginPhase(phase: string): Promise<void> {
    if (run.phase === phase) return
    endPhase()
    phaseAt = clock()
    run.phase = phase
    if (phase === 'take') run.hasCollected = true
    run.phases.push({ phase, at: new Date(now()).toISOString(), tookMs: null })
    await save(run)
    await context.onPhase(run).catch(() => {})
  }

  async function at(step: Step): Promise<void> {
    if (step === 'close') await context.lease.requireOurs()
    // What was begun comes to its end.
    if (step !== 'look-after' && !HELD.includes(step)) signal.throwIfAborted()
    const phase = PHASE_OF[step]
    if (phase !== undefined) await beginPhase(phase)
  }

  async function end(outcome: Outcome, error: string | null = null): Promise<CollectionRun> {
    endPhase(error === null ? {} : { error })
    Object.assign(run, { phase: 'ended', isHeld: false, outcome: run.outcome ?? outcome })
    Object.assign(run, { error: run.error ?? error, endedAt: new Date(now()).toISOString() })
    await save(run)
    return run
  }

  /** Writes down whether the registry may be read-only. A gate opens by itself; hooks do not. */
  const held: Barrier = {
    ...barrier,
    async close(ms) {
      run.isHeld = true
      await barrier.close(ms)
    },
    async open() {
      await barrier.open()
      run.isHeld = false
    },
  }

  // Of a run whose record was lost, only that it holds the registry may be known.
  if (run.phases.length > 0 || run.isHeld) {
    if (run.isHeld) await barrier.open()
    // A run that only looked has armed nothing, and another one may be under way.
    if (!run.dryRun) await barrier.disarm()
    await deps.settle()
    return end('interrupted', 'Tallyman died during the collection')
  }
  try {
    run.problems = await deps.problems()
    if (run.problems.length > 0 && !run.force) return await end('refused', run.problems.join('; '))
    if (run.dryRun) {
      const { chosen, spared } = await findGarbage({ ...deps, trash: NO_TRASH, at })
      const bytes = chosen.values().reduce((sum, size) => sum + size, 0)
      Object.assign(run, {
        promised: { blobs: chosen.size, bytes },
        differences: [...sparedText(spared), NOT_TRIED],
      })
      return await end('planned')
    }
    await deps.requireForgetful()
    const collected = await collectBehindBarrier({
      ...{ ...deps, barrier: held, at, run: deps.folder },
      stop: signal,
    })
    Object.assign(run, resultOf(collected))
    endPhase({ note: pausesText(collected.pausesMs) })
    return signal.aborted ? await end(outcomeOf(signal.reason), textOf(signal.reason)) : await end('done')
  } catch (error) {
    if (isFatal(error)) throw error
    const reason = signal.aborted ? signal.reason : error
    return end(signal.aborted ? outcomeOf(reason) : 'failed', textOf(reason))
  }
}

/** What a dry run leaves out: both write. */
const NOT_TRIED =
  'whether the registry remembers blobs, and whether pushes pass through the barrier, is only tried when it runs'

/** The steps while pushes wait. */
const HELD: readonly Step[] = ['look', 'take', 'look-again', 'open']

const outcomeOf = (reason: unknown): Outcome =>
  reason instanceof CollectionStopped ? 'stopped' : 'interrupted'

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const resultOf = ({ promised, moved, putBack, kept, spared, pausesMs }: Collected) => ({
  ...{ promised, freed: moved },
  pauseMs: pausesMs.length === 0 ? null : Math.max(...pausesMs),
  differences: [
    ...(kept > 0 ? [`${kept} blobs were kept: somebody asked for them, or pushed them, meanwhile`] : []),
    ...(putBack > 0 ? [`${putBack} blobs were put back: a push that was under way needs them`] : []),
    ...sparedText(spared),
  ],
})

const sparedText = ({ young, named, changed }: Collected['spared']): string[] => [
  ...(young > 0
    ? [`${young} blobs were left out: they were written or linked less than gc.barrier.minAge ago`]
    : []),
  ...(named > 0
    ? [`${named} blobs were left out: the index has an image that names them, or expiry can bring one back`]
    : []),
  ...(changed > 0 ? [`${changed} blobs were left out: what names them changed meanwhile`] : []),
]

const pausesText = (pausesMs: readonly number[]): string =>
  pausesMs.length === 0
    ? 'pushes did not wait'
    : `pushes waited ${pausesMs.length} ${pausesMs.length === 1 ? 'time' : 'times'}, for ${Math.max(...pausesMs)} ms at the longest and ${pausesMs.reduce((a, b) => a + b)} ms in all`
