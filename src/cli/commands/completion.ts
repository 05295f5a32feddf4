import { Argument } from 'commander'
import type { AddCommand } from '../cli.ts'
import { COMPLETE, complete, FILES } from '../completion/complete.ts'
import { SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts'
import { valuesFrom } from '../completion/values.ts'

export const addCompletion: AddCommand = (program, cli) => {
  program
    .command('completion')
    .summary('Print a script that lets a shell complete commands.')
    .description(
      'Print a script that lets a shell complete commands, options and names. The names of projects, registries, policies and the like come from the service, if it is there.',
    )
    .addArgument(new Argument('<SHELL>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => cli.print(SCRIPTS[shell]))

  program
    .command(COMPLETE, { hidden: true })
    .argument('[WORDS...]')
    .action(async (words: string[]) => {
      const found = await complete(program, words, valuesFrom(cli.env))
      const lines = found === FILES ? [FILES] : found.map(({ value, about }) => `${value}\t${about}`)
      return cli.print(lines.map((line) => `${line}\n`).join(''))
    })
}
