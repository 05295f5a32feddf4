import type { Service } from './service.ts'

/** One thing that `tallyman` does. */
export interface Command {
  /** The words that call it, as in `snapshot restore`. */
  words: string
  /** Its arguments by name, `[so]` where they may be left out. */
  args: readonly string[]
  /** Its flags, each on or off; `--url` is every command's that calls the service. */
  flags: readonly string[]
  summary: string
  /** @throws CommandError */
  run(call: Call): Promise<void>
}

export interface Call {
  args: readonly string[]
  /** Those given. */
  flags: ReadonlySet<string>
  /** The service that the configuration, or `--url`, tells of. */
  service(): Promise<Service>
  env: NodeJS.ProcessEnv
  /** Prints a line of the result. */
  say(line: string): void
  /** Prints a line about what goes on, beside the result. */
  note(line: string): void
}
