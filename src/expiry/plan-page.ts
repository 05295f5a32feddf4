import type { Decision } from './decision.ts'
import type { PlanPart, PlanPosition } from './plan-all.ts'
import type { PlannedImage } from './planned-image.ts'

/** A page of a plan. */
export interface PlanPage {
  /** Those that the page has come by, in order; they may have no images on it. */
  plans: { policy: string; decisions: PlannedImage[]; warnings: string[] }[]
  /** After this image the next page begins; null if the plan ends with this one. */
  next: PlanPosition | null
}

/** How many images a page may cost: it ends with the repository in which it has decided on so many. Some 2 s of work. */
const MOST_DECIDED = 20_000

/** Takes a page of at most `limit` images off a plan. It may have fewer, even none, and the plan go on. */
export async function takePage(
  parts: AsyncIterable<PlanPart>,
  limit: number,
  isWanted: (decision: Decision) => boolean,
  mostDecided = MOST_DECIDED,
): Promise<PlanPage> {
  const plans = new Map<string, PlanPage['plans'][number]>()
  let last: PlanPosition | null = null
  let count = 0
  let work = 0
  const page = (next: PlanPosition | null): PlanPage => ({ plans: [...plans.values()], next })
  for await (const { policy, registry, decided, decisions, describe, before, warnings } of parts) {
    const plan = plans.get(policy) ?? { policy, decisions: [], warnings: [] }
    plans.set(policy, plan)
    plan.warnings.push(...warnings)
    for (const decision of decisions) {
      if (isWanted(decision)) {
        if (count === limit) return page(last)
        plan.decisions.push(describe(decision))
        count += 1
      }
      const { project, repository, digest } = decision
      last = { policy, registry, project, repository, digest, before }
    }
    work += decided
    if (work >= mostDecided && last !== null) return page(last)
  }
  return page(null)
}
