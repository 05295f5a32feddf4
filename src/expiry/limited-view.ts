import type { Decision } from './decision.ts'
import { type RepositoryView, usedAt } from './repository-view.ts'
import { kept, type Limit, NOT_SHOWN } from './shown-plan.ts'

const USED = 'it was used since the plan was made that was applied'

type Plan = Awaited<ReturnType<RepositoryView['plan']>>

/**
 * The view of a repository in which only what a shown plan deletes goes, and of that only what was not pulled, pushed or tagged since.
 * It is looked at again right before each delete.
 */
export function withLimit(view: RepositoryView, limit: Limit): RepositoryView {
  let last:
    | { of: unknown; decisions: readonly Decision[]; byDigest: ReadonlyMap<string, Decision> }
    | undefined

  /** It is decided once for each plan. */
  function limited({ decisions, images, relations }: Plan) {
    if (last?.of === decisions) return last
    const now = decisions.map((decision) => {
      if (decision.verdict === 'keep' || view.isGone(decision.digest)) return decision
      const image = images.get(decision.digest)
      const whole = image === undefined ? [] : relations.withDescendants(image)
      const isUsed = whole.some((part) => !view.isGone(part.digest) && usedAt(part) > limit.asOf)
      return isUsed ? kept(decision, USED) : limit.of(decision)
    })
    last = { of: decisions, decisions: now, byDigest: new Map(now.map((one) => [one.digest, one])) }
    return last
  }

  return {
    ...view,
    async plan() {
      const plan = await view.plan()
      return { ...plan, decisions: limited(plan).decisions }
    },
    async stillDeletes(digest) {
      const found = await view.stillDeletes(digest)
      if (typeof found === 'string') return found
      const decision = limited(await view.plan()).byDigest.get(digest)
      return decision?.verdict === 'delete' ? found : (decision?.reason ?? NOT_SHOWN)
    },
    async whyTagStays(digest, tag) {
      const why = await view.whyTagStays(digest, tag)
      if (why !== undefined) return why
      const decision = limited(await view.plan()).byDigest.get(digest)
      return decision?.untag?.includes(tag) ? undefined : NOT_SHOWN
    },
  }
}
