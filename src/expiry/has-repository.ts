import { projectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'

/** Makes a function that tells whether the index has a repository, at any registry. */
export const makeHasRepository =
  (deps: {
    index: Pick<UsageIndex, 'repositories'>
    registries: readonly { name: string }[]
    projectOf: (registry: string, repository: string) => string
  }) =>
  async (repository: string): Promise<boolean> => {
    const found = deps.registries.map(async ({ name }) =>
      (await deps.index.repositories(projectId(name, deps.projectOf(name, repository)))).includes(repository),
    )
    return (await Promise.all(found)).includes(true)
  }
