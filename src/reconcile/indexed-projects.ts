import type { StandingFact } from '../usage/fact.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { type IndexedRepository, indexedRepository } from './indexed-repository.ts'

/** Projects kept in mind: repositories come in order, so that those of a project mostly come together. */
const KEPT = 4

/**
 * What the index knows of repositories, a project read at once. It may be some minutes old; what a comparison with it
 * concludes is dated and idempotent, so that whatever was heard meanwhile stands.
 */
export function makeIndexedProjects(index: Pick<UsageIndex, 'facts'>) {
  const projects = new Map<string, Promise<Map<string, StandingFact[]>>>()

  function project(id: string): Promise<Map<string, StandingFact[]>> {
    const known = projects.get(id)
    if (known) return known
    for (const oldest of [...projects.keys()].slice(0, Math.max(0, projects.size - KEPT + 1)))
      projects.delete(oldest)
    const read = Array.fromAsync(index.facts(id)).then((facts) =>
      Map.groupBy(facts, ({ repository }) => repository),
    )
    projects.set(id, read)
    return read
  }

  return {
    async repository(id: string, repository: string): Promise<IndexedRepository> {
      return indexedRepository((await project(id)).get(repository) ?? [])
    },
  }
}
