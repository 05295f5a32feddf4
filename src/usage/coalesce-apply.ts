import { makeCoalescer } from '../platform/coalesce.ts'
import type { Applied, ProjectFacts } from './apply-facts.ts'
import type { Fact } from './fact.ts'
import type { UsageIndex } from './usage-index.ts'

/** Facts in one call: some 10 ms of Redis' time. */
const FACTS = 250

/**
 * `apply` for many jobs at once: what they have for any projects while a call is under way goes together in the next,
 * each project's facts as one list.
 */
export function coalesceApply(index: Pick<UsageIndex, 'applyAll'>): Pick<UsageIndex, 'apply'> {
  const { add } = makeCoalescer(write, {
    shareOf: ({ facts }: ProjectFacts) => facts.length / FACTS,
    // As many wait as jobs are at work.
    maxWaiting: Number.POSITIVE_INFINITY,
  })

  async function write(items: ProjectFacts[]): Promise<Map<string, PromiseSettledResult<Applied>>> {
    const lists = Map.groupBy(items, ({ project }) => project)
    const all = [...lists].map(([project, own]) => ({ project, facts: own.flatMap(({ facts }) => facts) }))
    const results = await index.applyAll(all)
    return new Map(all.map(({ project }, n) => [project, results[n] as PromiseSettledResult<Applied>]))
  }

  return {
    async apply(project, facts) {
      const result = (await add({ project, facts })).get(project)
      if (result?.status !== 'fulfilled') throw result?.reason
      const applied = result.value
      if (applied.unresolved.length === 0) return applied
      const own = new Set<Fact>(facts)
      return { ...applied, unresolved: applied.unresolved.filter((fact) => own.has(fact)) }
    },
  }
}
