import type { Command } from 'commander'
import type { Config } from '../config/schema.ts'
import type { Finding } from '../doctor/finding.ts'
import type { Service } from './service.ts'

/** Something that a configuration names and that was tried. */
export interface Connection {
  /** For example `registry ci`. */
  name: string
  /** What was done to try it. */
  tried: string
  remark?: string
  /** Why it failed; absent if it worked. */
  failure?: string
}

/** Tries everything that a configuration names. */
export type TryConnections = (config: Config) => AsyncIterable<Connection>

/** Looks at all that a configuration names, from here. */
export type Diagnose = (config: Config) => Promise<Finding[]>

/** What the commands do with a configuration, without a service. */
export interface Tries {
  tryConnections: TryConnections
  diagnose: Diagnose
}

/** What the commands use of the world outside. */
export interface Cli extends Tries {
  env: NodeJS.ProcessEnv
  /** The running Tallyman at `--url`, or at the address in the configuration. @throws CommandError */
  service(): Promise<Service>
  /**
   * Prints the result on standard output: the lines, or with `--output json` the value. Text from outside needs no escaping
   * before. Each command calls it once, so that its JSON is one document.
   */
  show(value: unknown, lines: readonly string[]): void
  /** `--output`: `table` or `json`; or `ndjson` or `csv`, of a command that allows them. */
  output(): string
  /** Lets a command print as `ndjson` and `csv`. */
  allowLines(command: Command): void
  /** Prints text on standard output as it is: text from outside must be escaped before. For results that are long. */
  print(text: string): void
  /** Prints a line about the progress or the result on standard error, with text from outside escaped. */
  note(line: string): void
}

/** Adds a command, or a group of commands, to the program. Its actions throw CommandError when they fail. */
export type AddCommand = (program: Command, cli: Cli) => void
