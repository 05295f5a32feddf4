import { makeCoalescer } from '../platform/coalesce.ts'
import type { FactsByProject, Result } from './apply-facts.ts'
import type { Fact } from './fact.ts'
import type { UsageIndex } from './usage-index.ts'

/** Facts that are gathered at most; the more, the more of them are of the same projects. */
const FACTS = 4_000

/** How long a busy worker waits for more, in ms: with twice as many events in a call, each took a fifth less of all CPU. */
const GATHER_MS = 25

/**
 * `applyAll` for jobs at the same time: what they have for any projects goes to the index together, each project's facts
 * as one list. `jobs`: as many as there can be at a time.
 */
export function coalesceApply(
  index: Pick<UsageIndex, 'applyAll'>,
  jobs: number,
): Pick<UsageIndex, 'applyAll'> {
  const { add } = makeCoalescer((asked: FactsByProject[]) => index.applyAll(merged(asked)), {
    shareOf: (byProject) => [...byProject.values()].reduce((sum, facts) => sum + facts.length, 0) / FACTS,
    // As many wait as jobs are at work.
    maxWaiting: Number.POSITIVE_INFINITY,
    ...{ enough: jobs, gatherMs: GATHER_MS },
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

/** Names of the unresolved only those that are among a job's own. */
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
