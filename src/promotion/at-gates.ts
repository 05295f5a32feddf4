import { waitForEvent } from './gates/ask-again.ts'
import type { GatesResult } from './gates/check-gates.ts'
import { type Attempt, type NotPromoted, refused, waiting } from './outcome.ts'

/** The least time between two looks at gates, in ms. */
const LEAST_MS = 1_000

/** What becomes of a promotion whose gates are not all open. It waits for `waitFor` ms at most. `now` is epoch ms. */
export function atGates(
  { state, results }: GatesResult,
  { askedAt, seenAt }: Pick<Attempt, 'askedAt' | 'seenAt'>,
  waitFor: number,
  now: number,
): NotPromoted {
  // Where one is closed, those that wait do not matter.
  const shut = results.filter((one) => one.state === state)
  const why = shut.map((one) => `${one.gate}: ${one.why}`).join('; ')
  if (state === 'closed') return { ...refused(`a gate is closed: ${why}`), gates: results }
  if (now >= askedAt + waitFor) return { ...refused(`it has waited long enough at ${why}`), gates: results }
  const event = now + waitForEvent(now - askedAt)
  const next = Math.min(...shut.map(({ again }) => again ?? event), askedAt + waitFor)
  return { ...waiting(`at a gate: ${why}`, Math.max(next, now + LEAST_MS), seenAt), gates: results }
}
