import type { Path } from './walk.ts'

/** Where a value stands: in the file, with line and column from 1 where known, or in an environment variable. */
export type Place = { file: string; line?: number; column?: number } | { variable: string }

export interface Problem {
  readonly place: Place
  /** The key, as in `registries.ci.url`; empty where none is concerned. */
  readonly key: string
  readonly message: string
  /** What stands there, for people; absent for secrets. */
  readonly got?: string
}

/** Notes a problem with the value at `path`. */
export type Report = (path: Path, message: string, got?: string) => void

/** Everything that is wrong with a configuration. No secret is in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(line).join('\n'))
    this.problems = problems
  }
}

function line({ place, key, message, got }: Problem): string {
  const where = 'variable' in place ? [place.variable] : [place.file, place.line, place.column]
  const position = where.filter((part) => part !== undefined).join(':')
  return (
    [position, key, message].filter((part) => part !== '').join(': ') +
    (got === undefined ? '' : `, got ${got}`)
  )
}
