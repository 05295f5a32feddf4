import type { PromotionJob } from '../queue/jobs.ts'
import { waiting } from './outcome.ts'
import type { makePromote } from './promote.ts'

/** How long after a refusal a registry that is held is asked again, in ms. */
const AGAIN_MS = 30_000

type Promote = ReturnType<typeof makePromote>

/**
 * A registry that a collection of garbage makes read-only refuses pushes as one does that never takes them. What it refuses then is
 * not given up: it is tried again. `now`: epoch ms.
 */
export const whileHeld =
  (promote: Promote, deps: { isHeld: (registry: string) => Promise<boolean>; now: () => number }): Promote =>
  async (job: PromotionJob, attempt) => {
    const { registry } = job.to
    const wasHeld = await deps.isHeld(registry)
    const outcome = await promote(job, attempt)
    if (outcome.state !== 'refused' || !(wasHeld || (await deps.isHeld(registry)))) return outcome
    return waiting(
      `${registry} refuses writes while its garbage is collected: ${outcome.why}`,
      deps.now() + AGAIN_MS,
      attempt.seenAt,
    )
  }
