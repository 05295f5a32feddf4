import { CommanderError } from 'commander'
import type { Tries } from './cli.ts'
import { CommandError } from './command-error.ts'
import { ExitStatus } from './exit-status.ts'
import { makeProgram } from './program.ts'

/** Runs a command and gives the exit status: 0 it succeeded, 1 it failed, 2 the usage was wrong, or one of the command's own. */
export async function run(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  write: { out: (text: string) => void; err: (text: string) => void },
  tries: Tries,
): Promise<number> {
  try {
    await makeProgram(env, write, tries).parseAsync(argv, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has printed its message already; after --help its exit code is 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof ExitStatus) return error.status
    if (!(error instanceof CommandError)) throw error
    write.err(`${error.message}\n`)
    return 1
  }
}
