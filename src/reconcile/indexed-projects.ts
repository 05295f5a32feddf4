import type { UsageIndex } from '../usage/usage-index.ts'
import { type IndexedRepository, indexedRepository } from './indexed-repository.ts'
import type { ExpectedRepository } from './reading.ts'

/**
 * What the index has in its repositories. It is read while others write. That does no harm: what a comparison concludes is
 * dated and idempotent, so later events win.
 */
export function makeIndexedProjects(index: Pick<UsageIndex, 'projects' | 'repositories' | 'facts'>) {
  const readRepository = async (project: string, repository: string): Promise<IndexedRepository> =>
    indexedRepository(await Array.fromAsync(index.facts(project, repository)))

  return {
    repository: readRepository,

    /** All repositories that the index has of a registry. */
    async expected(registry: string): Promise<ExpectedRepository[]> {
      const expected: ExpectedRepository[] = []
      for (const project of await index.projects(registry))
        for (const repository of await index.repositories(project))
          expected.push({
            repository,
            async digests() {
              const { manifests } = await readRepository(project, repository)
              return [...manifests.values()].map(({ digest }) => digest)
            },
          })
      return expected
    },
  }
}
