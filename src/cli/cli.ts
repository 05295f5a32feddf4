import type { Command } from 'commander'
import type { Config } from '../config/schema.ts'
import type { Finding } from '../doctor/finding.ts'
import type { Printer } from './output/printer.ts'
import type { Service } from './service.ts'
import type { StatusLine } from './status-line.ts'
import type { Terminal } from './terminal.ts'

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
export interface Cli extends Printer, Tries, Pick<Terminal, 'ask'> {
  env: NodeJS.ProcessEnv
  /** The running Tallyman at `--url`, or at the address in the configuration. @throws CommandError */
  service(): Promise<Service>
  /** Prints a remark about the result on standard error, with text from outside escaped. Not with `--quiet`. */
  note(line: string): void
  /** How far long work is. */
  progress: Pick<StatusLine, 'tell'>
}

/** Adds a command, or a group of commands, to the program. Its actions throw CommandError when they fail. */
export type AddCommand = (program: Command, cli: Cli) => void
