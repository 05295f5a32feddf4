import { type Announcements, doomedIn, judgeNotices, type RepositoryPlan } from './notice.ts'
import type { RepositoryView } from './repository-view.ts'

const NOT_OVER = 'its notice is not over, or was void by a use'

/**
 * The view of a repository in which an image stays until its notice is over. It is looked at again right before each delete:
 * an image that was used since it was announced stays. `now` is a clock in epoch µs, `notice` is in µs.
 */
export function withNotice(
  view: RepositoryView,
  standing: Announcements,
  { now, notice }: { now: () => number; notice: number },
): RepositoryView {
  let last: { decisions: unknown; mayGo: ReadonlySet<string> } | undefined

  /** It is decided once for each plan. */
  function mayGoIn(plan: RepositoryPlan): ReadonlySet<string> {
    if (last?.decisions !== plan.decisions) {
      const doomed = doomedIn(plan, view.isGone)
      const { mayGo } = judgeNotices(standing, doomed, now(), notice)
      const digests = doomed.filter(({ name }) => mayGo.has(name)).map(({ digest }) => digest)
      last = { decisions: plan.decisions, mayGo: new Set(digests) }
    }
    return last.mayGo
  }

  return {
    ...view,
    async plan() {
      const plan = await view.plan()
      const mayGo = mayGoIn(plan)
      const decisions = plan.decisions.map((one) => {
        if (one.verdict === 'keep' || mayGo.has(one.digest) || view.isGone(one.digest)) return one
        const { untag: _, ...kept } = one
        return { ...kept, verdict: 'keep' as const, reason: `its notice is not over: ${one.reason}` }
      })
      return { ...plan, decisions }
    },
    async stillDeletes(digest) {
      const found = await view.stillDeletes(digest)
      if (typeof found === 'string') return found
      return mayGoIn(await view.plan()).has(digest) ? found : NOT_OVER
    },
    async whyTagStays(digest, tag) {
      const why = await view.whyTagStays(digest, tag)
      if (why !== undefined) return why
      return mayGoIn(await view.plan()).has(digest) ? undefined : NOT_OVER
    },
  }
}
