import type { Command } from 'commander'
import { suggest } from '../config/suggest.ts'

/** Ends `group` as wrong usage, as commander does for a group that has no action of its own. */
export function unknownCommand(group: Command, name: string): never {
  const names = group.commands.map((command) => command.name())
  const near = suggest(name, names)
  return group.error(`error: unknown command '${name}'${near ? `\n(Did you mean ${near}?)` : ''}`)
}
