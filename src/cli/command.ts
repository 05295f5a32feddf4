import type { Service } from './service.ts'

/** One thing that `tallyman` does. */
export interface Command {
  /** The words that call it, as in `snapshot restore`. */
  words: string
  /** Its arguments by name, `[so]` where they may be left out. */
  args: readonly string[]
  /** Its flags, `so` to be on or off, `so=NAME` with a value; `--url` is every command's that calls the service. */
  flags: readonly string[]
  summary: string
  /** @throws CommandError */
  run(call: Call): Promise<void>
}

export interface Call {
  args: readonly string[]
  /** Those given, with their values: '' where a flag is only on. */
  flags: ReadonlyMap<string, string>
  /** The service that the configuration, or `--url`, tells of. */
  service(): Promise<Service>
  env: NodeJS.ProcessEnv
  /** Prints a line of the result. */
  say(line: string): void
  /** Prints a line about what goes on, beside the result. */
  note(line: string): void
}
