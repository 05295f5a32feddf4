import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nextState, PHASES, type PhaseEnd, type RunState, WAITING } from '../../src/collection/run-state.ts'

const kinds = ['done', 'refused', 'stopped', 'failed', 'interrupted'] as const
const anyEnd: fc.Arbitrary<PhaseEnd> = fc
  .tuple(fc.constantFrom(...kinds), fc.string())
  .map(([kind, why]) => (kind === 'done' ? { kind } : { kind, why }))

/** The states of a run, from its beginning. */
function statesOf(ends: readonly PhaseEnd[], dryRun: boolean): RunState[] {
  const states: RunState[] = [WAITING]
  for (const end of ends) states.push(nextState(states.at(-1) ?? WAITING, end, { dryRun }))
  return states
}

const anyRun = fc.tuple(fc.array(anyEnd, { maxLength: 40 }), fc.boolean())

test('whatever happens, a registry that may be read-only is let go before the run ends', () => {
  fc.assert(
    fc.property(anyRun, ([ends, dryRun]) => {
      const states = statesOf(ends, dryRun)
      for (const [n, state] of states.entries()) {
        const before = states[n - 1]
        if (state.phase === 'ended') expect(state.isHeld).toBe(false)
        // Only the end of what lets writes in lets them in.
        if (before?.isHeld && !state.isHeld) {
          expect(before.phase).toBe('readOnlyOff')
          expect(ends[n - 1]).toEqual({ kind: 'done' })
        }
        // The collector never runs beside pushes.
        if (state.phase === 'collect') expect(state.isHeld).toBe(true)
        if (dryRun) expect(state.isHeld).toBe(false)
      }
    }),
  )
})

test('once the collector was called, the cache is flushed before writes are let in', () => {
  fc.assert(
    fc.property(anyRun, ([ends, dryRun]) => {
      const phases = statesOf(ends, dryRun).map(({ phase }) => phase)
      const collected = phases.indexOf('collect')
      const off = phases.indexOf('readOnlyOff')
      if (collected >= 0 && off >= 0) {
        const flushed = phases.indexOf('flushCache')
        expect(flushed).toBeGreaterThan(collected)
        expect(off).toBeGreaterThan(flushed)
      }
    }),
  )
})

test('how it ended is what ended it first, and `done` only if the collector has run to its end', () => {
  fc.assert(
    fc.property(anyRun, ([ends, dryRun]) => {
      const states = statesOf(ends, dryRun)
      const last = states.at(-1)
      if (last?.phase !== 'ended') return
      expect(last.outcome).not.toBeNull()
      if (last.outcome === 'done') expect(last.hasCollected).toBe(true)
      const first = states.findIndex(({ outcome }) => outcome !== null)
      expect(states.slice(first).every(({ outcome }) => outcome === last.outcome)).toBe(true)
    }),
  )
})

test('every run comes to an end once what it does succeeds', () => {
  fc.assert(
    fc.property(anyRun, ([ends, dryRun]) => {
      const rest: PhaseEnd[] = PHASES.map(() => ({ kind: 'done' }))
      expect(statesOf([...ends, ...rest], dryRun).at(-1)?.phase).toBe('ended')
    }),
  )
})

test('what interrupts what lets writes in does it again, and forgets nothing', () => {
  const held: RunState = { ...WAITING, isHeld: true, hasCollected: true, phase: 'flushCache' }
  const interrupted = { kind: 'interrupted', why: 'killed' } as const
  expect(nextState(held, interrupted, { dryRun: false })).toEqual(held)
  const off = { ...held, phase: 'readOnlyOff' } as const
  expect(nextState(off, interrupted, { dryRun: false })).toEqual(off)
})
