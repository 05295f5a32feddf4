import { CommanderError } from 'commander'
import type { Tries } from './cli.ts'
import { CommandError } from './command-error.ts'
import { loadCommands } from './commands.ts'
import { ExitStatus } from './exit-status.ts'
import { EXIT } from './exit-statuses.ts'
import { makeProgram } from './program.ts'
import { BrokenPipe, type Terminal } from './terminal.ts'

/** Runs a command and gives its exit status (`exit-statuses.ts`). */
export async function run(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  terminal: Terminal,
  tries: Tries,
): Promise<number> {
  try {
    const program = makeProgram(env, terminal, tries, await loadCommands(argv))
    await program.parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has printed its message already; after --help its exit code is 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage
    if (error instanceof ExitStatus) return error.status
    if (error instanceof BrokenPipe) return 0
    if (!(error instanceof CommandError)) throw error
    terminal.err(`${error.message}\n`)
    return error.status
  }
}
