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

/**
 * What the index has in its repositories. It is read while others write. That does no harm: what a comparison concludes is
 * dated and idempotent, so later events win.
 */
export function makeIndexedProjects(index: Pick<UsageIndex, 'projects' | 'repositories' | 'facts'>) {
  const readRepository = async (project: string, repository: string): Promise<IndexedRepository> =>
    indexedRepository(await Array.fromAsync(index.facts(project, repository)))

  return {
    repository: readRepository,

    /** All repositories that the index has of a registry, as of `readAt` (epoch µs). */
    async expected(registry: string, readAt: number): Promise<ExpectedRepository[]> {
      const before = readAt - DAY_US
      const expected: ExpectedRepository[] = []
      for (const project of await index.projects(registry))
        for (const repository of await index.repositories(project))
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
