/**
 * The phases of a collection that a registry's own collector does, in their order. `survey` and `check` change nothing.
 * From `readOnlyOn` on, the registry may be read-only, until `readOnlyOff` is done.
 */
export const PHASES = [
  ...(['waiting', 'survey', 'check', 'readOnlyOn', 'drain', 'collect'] as const),
  ...(['flushCache', 'readOnlyOff', 'compare', 'ended'] as const),
] as const
export type Phase = (typeof PHASES)[number]

/**
 * How a collection ended:
 * - `done`: the collector has run. `planned`: it was a dry run. `refused`: what was looked at before speaks against it.
 * - `stopped`: somebody stopped it. `failed`: a step failed. `interrupted`: Tallyman ended, or lost its hold, meanwhile.
 */
export const OUTCOMES = ['done', 'planned', 'refused', 'stopped', 'failed', 'interrupted'] as const
export type Outcome = (typeof OUTCOMES)[number]

export interface RunState {
  phase: Phase
  /** Whether the registry may be read-only by this run. */
  isHeld: boolean
  /** Whether the collector was called: blobs may be gone. */
  hasCollected: boolean
  /** How it ends; null: not known yet. Of several failures, the first. */
  outcome: Outcome | null
  error: string | null
}

export const WAITING: RunState = {
  ...{ phase: 'waiting', isHeld: false, hasCollected: false, outcome: null, error: null },
}

/** How a phase ended. */
export type PhaseEnd =
  | { kind: 'done' }
  | { kind: 'refused' | 'stopped' | 'failed' | 'interrupted'; why: string }

/** What follows a phase that is done. `readOnlyOff` is no phase that follows `compare`, which needs the collector to have run. */
const AFTER: Record<Phase, Phase> = {
  ...{ waiting: 'survey', survey: 'check', check: 'readOnlyOn', readOnlyOn: 'drain', drain: 'collect' },
  ...{ collect: 'flushCache', flushCache: 'readOnlyOff', readOnlyOff: 'compare', compare: 'ended' },
  ended: 'ended',
}

/**
 * The state after a phase has ended. Whatever happens:
 * - a run whose registry may be read-only never ends but through `readOnlyOff`, which is repeated until it is done;
 * - once the collector was called, the cache is flushed before writes are let in: a cache that says that a blob is there which
 *   is gone lets a client push an image that nobody can pull.
 */
export function nextState(state: RunState, end: PhaseEnd, { dryRun }: { dryRun: boolean }): RunState {
  const { phase, isHeld, hasCollected } = state
  if (phase === 'ended') return state
  if (end.kind === 'done') {
    if (phase === 'check' && dryRun) return { ...state, phase: 'ended', outcome: 'planned' }
    const isOver = phase === 'compare' || (phase === 'readOnlyOff' && !hasCollected)
    if (isOver) return { ...state, phase: 'ended', isHeld: false, outcome: state.outcome ?? 'done' }
    const next = AFTER[phase]
    return {
      ...{ ...state, phase: next },
      isHeld: phase !== 'readOnlyOff' && (isHeld || next === 'readOnlyOn'),
      hasCollected: hasCollected || next === 'collect',
    }
  }
  // The collector has done its work: only the numbers are missing.
  if (phase === 'compare')
    return { ...state, phase: 'ended', outcome: state.outcome ?? 'done', error: state.error ?? end.why }
  // What ends a run is told, not what becomes of its end.
  const told = state.outcome === null ? { outcome: end.kind, error: end.why } : {}
  if (!isHeld) return { ...state, ...told, phase: 'ended' }
  if (phase === 'collect') return { ...state, ...told, phase: 'flushCache' }
  // Nothing stops what makes a registry writable. Who was interrupted does it again.
  if (phase === 'readOnlyOff') return { ...state, ...(end.kind === 'interrupted' ? {} : told) }
  if (phase === 'flushCache' && end.kind === 'interrupted') return state
  return { ...state, ...told, phase: 'readOnlyOff' }
}
