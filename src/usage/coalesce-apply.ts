import { makeCoalescer } from '../platform/coalesce.ts'
import type { ApplyOutcome } from './apply-all.ts'
import type { FactsByProject } from './apply-facts.ts'
import type { Fact } from './fact.ts'
import type { UsageIndex } from './usage-index.ts'

/** Facts that are gathered at most. The more facts, the more of them are of the same projects. */
const MAX_FACTS = 4_000

/** How long a busy worker waits for more, in ms. Twice as many events in a call took a fifth less CPU for each. */
const GATHER_MS = 25

/**
 * `applyAll` for jobs that run at the same time: their facts go to the index together, each project's facts as one
 * list. `jobs`: how many can run at a time.
 */
export function coalesceApply(
  index: Pick<UsageIndex, 'applyAll'>,
  jobs: number,
): Pick<UsageIndex, 'applyAll'> {
  const { add } = makeCoalescer((requests: FactsByProject[]) => index.applyAll(mergeRequests(requests)), {
    shareOf: (byProject) => [...byProject.values()].reduce((sum, facts) => sum + facts.length, 0) / MAX_FACTS,
    // No more requests wait than jobs run.
    maxWaiting: Number.POSITIVE_INFINITY,
    enough: jobs,
    gatherMs: GATHER_MS,
  })

  return {
    async applyAll(byProject) {
      const outcomes = await add(byProject)
      return new Map(
        [...byProject].flatMap(([project, facts]) => {
          const outcome = outcomes.get(project)
          return outcome ? [[project, onlyOwn(outcome, facts)]] : []
        }),
      )
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
