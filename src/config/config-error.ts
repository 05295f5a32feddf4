import type { Path } from './walk.ts'

/** Where a value is: in a file, with line and column from 1 where they are known, or in an environment variable. */
export type Location = { file: string; line?: number; column?: number } | { variable: string }

export interface Problem {
  readonly location: Location
  /** The key, as in `registries.ci.url`; empty if the problem has no key. */
  readonly key: string
  readonly message: string
  /** The value that is there, as shown to people; absent for secrets. */
  readonly got?: string
}

/** Reports a problem with the value at `path`. */
export type Report = (path: Path, message: string, got?: string) => void

/** All problems of a configuration, one a line. Contains no secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(lineFor).join('\n'))
    this.problems = problems
  }
}

function lineFor({ location, key, message, got }: Problem): string {
  const parts = 'variable' in location ? [location.variable] : [location.file, location.line, location.column]
  const position = parts.filter((part) => part !== undefined).join(':')
  return (
    [position, key, message].filter((part) => part !== '').join(': ') +
    (got === undefined ? '' : `, got ${got}`)
  )
}
