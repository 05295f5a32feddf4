import type { Command } from 'commander'
import type { AddCommand } from '../cli.ts'
import { unknownCommand } from '../unknown-command.ts'

/** In place of commander's own `help`, which knows neither `help snapshot restore` nor a suggestion for a typo. */
export const addHelp: AddCommand = (program) => {
  program
    .command('help')
    .description('Describe a command.')
    .argument('[COMMAND...]', 'a command, such as "snapshot" or "snapshot restore"')
    .action((words: string[]) => {
      let described: Command = program
      for (const word of words) {
        const found = described.commands.find((command) => command.name() === word)
        described = found ?? unknownCommand(described, word)
      }
      described.help()
    })
}
