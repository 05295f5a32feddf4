import type { StandingFact } from '../usage/fact.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import {
  expectedManifests,
  type IndexedRepository,
  indexedRepository,
  unreferencedBlobs,
} from './indexed-repository.ts'
import type { ExpectedRepository } from './reading.ts'

/** A blob that is younger may be part of a push that is not complete. In µs. */
const DAY_US = 86_400_000_000
/** Projects kept in memory. Repositories are read in order, so those of one project mostly follow each other. */
const PROJECTS_KEPT = 4

/**
 * What the index has in its repositories. The index is read a project at a time. A copy may be minutes old. That does no
 * harm: what a comparison concludes is dated and idempotent, so later events win.
 */
export function makeIndexedProjects(deps: {
  index: Pick<UsageIndex, 'projects' | 'facts'>
  repositoriesOf: (project: string) => Promise<string[]>
}) {
  const projects = new Map<string, Promise<Map<string, StandingFact[]>>>()

  function factsByRepository(project: string): Promise<Map<string, StandingFact[]>> {
    const cached = projects.get(project)
    if (cached) return cached
    const [oldest] = projects.keys()
    if (projects.size >= PROJECTS_KEPT && oldest !== undefined) projects.delete(oldest)
    const facts = Array.fromAsync(deps.index.facts(project)).then((all) =>
      Map.groupBy(all, ({ repository }) => repository),
    )
    projects.set(project, facts)
    return facts
  }

  const readRepository = async (project: string, repository: string): Promise<IndexedRepository> =>
    indexedRepository((await factsByRepository(project)).get(repository) ?? [])

  return {
    repository: readRepository,

    /** All repositories that the index has of a registry, as of `readAt` (epoch µs). */
    async expected(registry: string, readAt: number): Promise<ExpectedRepository[]> {
      const before = readAt - DAY_US
      const expected: ExpectedRepository[] = []
      for (const project of await deps.index.projects(registry))
        for (const repository of await deps.repositoriesOf(project))
          expected.push({
            repository,
            async contents() {
              const indexed = await readRepository(project, repository)
              return {
                manifests: expectedManifests(indexed),
                unreferenced: unreferencedBlobs(indexed, before),
              }
            },
          })
      return expected
    },
  }
}
