import type { CollectionRun } from './collection-run.ts'
import { nextState, type Phase } from './run-state.ts'

/** Notes in a run that the process died that had it in hand. `now`: epoch ms. What must be done still is its phase then. */
export function interrupt(run: CollectionRun, now: number): void {
  const last = run.phases.at(-1)
  const why = `Tallyman died during ${run.phase}`
  if (last !== undefined && last.tookMs === null) last.error = why
  if (run.mode === 'barrier') {
    // It has not ended before what images need is put back: who is interrupted at that does it again.
    Object.assign(run, { outcome: run.outcome ?? 'interrupted', error: run.error ?? why })
    return
  }
  Object.assign(run, nextState({ ...run, phase: run.phase as Phase }, { kind: 'interrupted', why }, run))
  if (run.phase === 'ended') run.endedAt = new Date(now).toISOString()
}
