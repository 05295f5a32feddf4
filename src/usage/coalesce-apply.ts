import { makeCoalescer } from '../platform/coalesce.ts'
import type { ApplyOutcome } from './apply-all.ts'
import type { FactsByProject } from './apply-facts.ts'
import type { Fact } from './fact.ts'
import type { UsageIndex } from './usage-index.ts'

/** The most facts that one call of `applyAll` gets. The more there are, the more belong to the same projects. */
const MAX_FACTS = 4_000

/**
 * An `applyAll` for jobs that run at the same time. Facts that arrive while a call is running go to the index together
 * with the next call, each project's facts as one list.
 */
export function coalesceApply(index: Pick<UsageIndex, 'startAll'>): Pick<UsageIndex, 'applyAll'> {
  const { add } = makeCoalescer((requests: FactsByProject[]) => index.startAll(mergeRequests(requests)), {
    shareOf: (byProject) => [...byProject.values()].reduce((sum, facts) => sum + facts.length, 0) / MAX_FACTS,
  })

  return {
    async applyAll(byProject) {
      const outcomes = await add(byProject)
      const own = [...byProject].map(async ([project, facts]) => {
        const outcome = await outcomes.get(project)
        return outcome ? [[project, onlyOwn(outcome, facts)] as const] : []
      })
      return new Map((await Promise.all(own)).flat())
    },
  }
}

/** Leaves out the unresolved facts of other jobs. */
function onlyOwn(outcome: ApplyOutcome, ownFacts: readonly Fact[]): ApplyOutcome {
  if (outcome.status === 'rejected' || outcome.value.unresolved.length === 0) return outcome
  const own = new Set<Fact>(ownFacts)
  const unresolved = outcome.value.unresolved.filter((fact) => own.has(fact))
  return { ...outcome, value: { ...outcome.value, unresolved } }
}

function mergeRequests(requests: readonly FactsByProject[]): FactsByProject {
  const lists = new Map<string, (readonly Fact[])[]>()
  for (const byProject of requests)
    for (const [project, facts] of byProject) {
      const list = lists.get(project)
      if (list) list.push(facts)
      else lists.set(project, [facts])
    }
  return new Map([...lists].map(([project, list]) => [project, list.flat()]))
}
