import { makeCoalescer } from '../platform/coalesce.ts'
import type { FactsByProject, Result } from './apply-facts.ts'
import type { Fact } from './fact.ts'
import type { UsageIndex } from './usage-index.ts'

/** The most facts that one call of `applyAll` gets. The more there are, the more belong to the same projects. */
const FACTS = 4_000

/**
 * An `applyAll` for jobs that run at the same time. Facts that arrive while a call is running go to the index together
 * with the next call, each project's facts as one list.
 */
export function coalesceApply(index: Pick<UsageIndex, 'applyAll'>): Pick<UsageIndex, 'applyAll'> {
  const { add } = makeCoalescer((asked: FactsByProject[]) => index.applyAll(merged(asked)), {
    shareOf: (byProject) => [...byProject.values()].reduce((sum, facts) => sum + facts.length, 0) / FACTS,
    // The number of jobs at a time bounds what waits.
    maxWaiting: Number.POSITIVE_INFINITY,
  })

  return {
    async applyAll(byProject) {
      const results = await add(byProject)
      return new Map(
        [...byProject].flatMap(([project, facts]) => {
          const result = results.get(project)
          return result ? [[project, restrict(result, facts)]] : []
        }),
      )
    },
  }
}

/** Leaves in `unresolved` only the facts that are among a job's own. */
function restrict(result: Result, facts: readonly Fact[]): Result {
  if (result.status === 'rejected' || result.value.unresolved.length === 0) return result
  const own = new Set<Fact>(facts)
  return {
    ...result,
    value: { ...result.value, unresolved: result.value.unresolved.filter((fact) => own.has(fact)) },
  }
}

function merged(asked: readonly FactsByProject[]): FactsByProject {
  const lists = new Map<string, (readonly Fact[])[]>()
  for (const byProject of asked)
    for (const [project, facts] of byProject) {
      const list = lists.get(project)
      if (list) list.push(facts)
      else lists.set(project, [facts])
    }
  return new Map([...lists].map(([project, list]) => [project, list.flat()]))
}
