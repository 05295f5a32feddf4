import type { Command } from 'commander'
import type { Columns } from './output/columns.ts'

/** The columns of a command's CSV, and when it has them if it has several sets. */
export interface DescribedColumns {
  columns: Pick<Columns<never>, 'names'>
  when: string
}

const described = new WeakMap<Command, DescribedColumns[]>()

/** Tells in the help and in docs/cli.md which columns a command has as CSV. `when`: such as `with ID`. */
export function withColumns(command: Command, columns: Pick<Columns<never>, 'names'>, when = ''): Command {
  const all = columnsOfCommand(command)
  described.set(command, [...all, { columns, when }])
  if (all.length === 0)
    command.addHelpText('after', () =>
      columnsOfCommand(command)
        .map(
          ({ columns: { names }, when }) =>
            `\nColumns as csv${when && `, ${when}`}:\n${wrapped(names.join(' '))}`,
        )
        .join(''),
    )
  return command
}

export const columnsOfCommand = (command: Command): readonly DescribedColumns[] =>
  described.get(command) ?? []

/** Words in lines of at most 80 letters, four spaces before each. */
const wrapped = (text: string): string => text.replace(/(\S.{0,75})(\s+|$)/g, '    $1\n').trimEnd()
