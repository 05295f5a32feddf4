import { projectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'

/** Makes a function that tells whether the index has a repository, at any registry, in a project that `sees` lets through. */
export const makeHasRepository =
  (deps: {
    index: Pick<UsageIndex, 'repositories'>
    registries: readonly { name: string }[]
    projectOf: (registry: string, repository: string) => string
  }) =>
  async (repository: string, sees: (project: string) => boolean): Promise<boolean> => {
    const projects = deps.registries.map(({ name }) => projectId(name, deps.projectOf(name, repository)))
    const found = projects
      .filter(sees)
      .map(async (project) => (await deps.index.repositories(project)).includes(repository))
    return (await Promise.all(found)).includes(true)
  }
