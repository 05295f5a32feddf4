import type { Command } from 'commander'
import { unknownCommand } from './unknown-command.ts'

/** Adds a group of commands. Without one of its commands it is wrong usage: the message names them. */
export function addGroup(program: Command, name: string): Command {
  const group = program.command(name)
  return group.action(() => {
    if (group.args[0] !== undefined) unknownCommand(group, group.args[0])
    group.error(
      `error: missing command: expected one of ${group.commands.map((command) => command.name()).join(', ')}`,
    )
  })
}

/**
 * Lets the groups themselves look at the word that follows them, since commander's message for an unknown one has no
 * suggestion. Their commands would inherit this, so it is set when they are there.
 */
export function allowUnknownCommands(program: Command): void {
  for (const group of program.commands) if (group.commands.length > 0) group.allowExcessArguments()
}
