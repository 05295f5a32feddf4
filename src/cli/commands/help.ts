import type { Command } from 'commander'
import type { AddCommand } from '../cli.ts'
import { HELP_TOPICS } from '../help-topics.ts'
import { unknownCommand } from '../unknown-command.ts'

/** In place of commander's own `help`, which knows neither `help snapshot restore` nor a suggestion for a typo. */
export const addHelp: AddCommand = (program) => {
  program
    .command('help')
    .description('Describe a command, or one of the topics "output" and "exit-status".')
    .argument('[COMMAND...]', 'a command, such as "snapshot" or "snapshot restore", or a topic')
    .action((words: string[]) => {
      const topic = words.length === 1 ? HELP_TOPICS[words[0] ?? ''] : undefined
      if (topic !== undefined) {
        program.configureOutput().writeOut?.(topic())
        return
      }
      let described: Command = program
      for (const word of words) {
        const found = described.commands.find((command) => command.name() === word)
        described = found ?? unknownCommand(described, word)
      }
      described.help()
    })
}
