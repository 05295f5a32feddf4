import type { PromotionJob } from '../queue/jobs.ts'
import { atGates } from './at-gates.ts'
import type { GatesResult } from './gates/check-gates.ts'
import { type Attempt, type Outcome, TURN_MS, waiting } from './outcome.ts'
import type { Attempted } from './receipt-of.ts'

/** Makes what gives the answers of the gates, or why the promotion does not pass them: also since it is not its turn. `now` is epoch ms. */
export const makePassGates =
  (deps: {
    checkGates: (job: PromotionJob, attempt: Attempted) => Promise<GatesResult>
    now: () => number
  }) =>
  async (
    job: PromotionJob,
    attempt: Attempt & { isWritten: boolean },
    waitFor: number,
  ): Promise<GatesResult | { outcome: Outcome }> => {
    const gates = await deps.checkGates(job, attempt)
    if (gates.state !== 'open' && !attempt.isWritten)
      return { outcome: atGates(gates, attempt, waitFor, deps.now()) }
    if (await attempt.isMyTurn()) return gates
    return {
      outcome: waiting('another promotion to its tag is in hand', deps.now() + TURN_MS, attempt.seenAt),
    }
  }
export type PassGates = ReturnType<typeof makePassGates>
