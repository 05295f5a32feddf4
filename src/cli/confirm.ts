import type { Command } from 'commander'
import type { Cli } from './cli.ts'
import { CommandError } from './command-error.ts'

/** Adds `--yes` to a command that asks before it does what cannot be undone. */
export const withYes = (command: Command): Command =>
  command.option('--yes', 'do not ask first: for scripts, where nobody can be asked')

/**
 * Asks whether to do what cannot be undone, such as "delete the token x", unless `--yes` was given. Where nobody can be asked,
 * it ends the command as wrong usage.
 * @throws CommandError if the answer is not yes
 */
export async function confirm(cli: Pick<Cli, 'ask'>, command: Command, what: string): Promise<void> {
  if (command.opts<{ yes?: true }>().yes) return
  if (cli.ask === undefined)
    command.error(`error: this would ${what}, which cannot be undone: say --yes, since nobody can be asked`)
  const answer = await cli.ask(`This will ${what}. It cannot be undone. Go on? [y/N] `)
  if (!/^y(es)?$/i.test(answer?.trim() ?? ''))
    throw new CommandError('nothing was done: the answer was not yes')
}
