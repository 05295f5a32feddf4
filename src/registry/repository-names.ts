import { readFile } from 'node:fs/promises'
import { type GitLab, type GitLabRegistry, gitLabRepositories } from './gitlab-rest.ts'

/** Where the names of a registry's repositories come from, if not from its catalog. */
export interface RepositorySource extends GitLabRegistry {
  repositories?: { names: readonly string[]; file?: string | undefined } | undefined
  gitlab?: GitLab | undefined
}

/**
 * A list of a registry's repositories, by its configuration: names, and a file with a name in each line; or GitLab. `undefined`
 * if its catalog is to be read. The names are not checked. The list rejects if it cannot be read to its end.
 */
export function repositoryNames({
  repositories,
  gitlab,
  ...registry
}: RepositorySource): (() => AsyncIterable<string>) | undefined {
  if (repositories !== undefined)
    return async function* () {
      yield* repositories.names
      if (repositories.file !== undefined) yield* linesOf(await readFile(repositories.file, 'utf8'))
    }
  return gitlab && (() => gitLabRepositories(gitlab, registry))
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
