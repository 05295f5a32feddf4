import { printable } from '../platform/printable.ts'
import { readTextFile } from '../platform/read-text-file.ts'
import { commandOutput } from './command-output.ts'
import { type GitLab, type GitLabRegistry, gitLabRepositories } from './gitlab-rest.ts'
import { LIMITS } from './limits.ts'
import { isRepositoryName } from './name.ts'

/** Where the names of a registry's repositories come from, if not from its catalog. */
export interface RepositorySource extends GitLabRegistry {
  repositories?: ListedRepositories | undefined
  gitlab?: GitLab | undefined
}

/** Names, a file with a name in each line, and a program with its arguments that prints a name in each line. */
interface ListedRepositories {
  names: readonly string[]
  file?: string | undefined
  command?: readonly string[] | undefined
}

/** What a command may print, and how long it may take. */
const COMMAND_LIMITS = { bytes: LIMITS.list.bytes, ms: LIMITS.longAnswerMs }

/**
 * A list of a registry's repositories, by its configuration. `undefined` if its catalog is to be read. The list rejects if it
 * cannot be read to its end; then it lacks some.
 */
export function repositoryNames(
  { repositories, gitlab, ...registry }: RepositorySource,
  limits = COMMAND_LIMITS,
): (() => AsyncIterable<string>) | undefined {
  if (repositories !== undefined) return () => listed(repositories, limits)
  return gitlab && (() => gitLabRepositories(gitlab, registry))
}

async function* listed(
  { names, file, command }: ListedRepositories,
  limits: typeof COMMAND_LIMITS,
): AsyncGenerator<string> {
  yield* names
  if (file !== undefined) yield* namesIn(await readTextFile(file, LIMITS.list.bytes), `the file ${file}`)
  if (command === undefined) return
  const output = await commandOutput(command, limits)
  const source = `the output of the command ${command[0]}`
  if (linesOf(output).length === 0) throw new Error(`${source} has no name`)
  yield* namesIn(output, source)
}

/** @throws Error at the end, if a line is no name of a repository */
function* namesIn(text: string, source: string): Generator<string> {
  const lines = linesOf(text)
  yield* lines.filter(isRepositoryName)
  const wrong = lines.find((line) => !isRepositoryName(line))
  if (wrong !== undefined)
    throw new Error(`${source} has a line that is no name of a repository: ${printable(wrong.slice(0, 100))}`)
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
