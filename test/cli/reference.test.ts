import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { loadCommands } from '../../src/cli/commands.ts'
import { COMPLETE } from '../../src/cli/completion/complete.ts'
import { columnsOfCommand } from '../../src/cli/described.ts'
import { exampleOf, wordsOf } from '../../src/cli/examples.ts'
import { EXIT_STATUSES } from '../../src/cli/exit-statuses.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { noTries, tallyman } from './cli-bed.ts'

/** The parts of docs/cli.md that are made from the program. `vitest run -u test/cli/reference.test.ts` writes them. */
const DOCUMENT = join(import.meta.dirname, '../../docs/cli.md')

const load = async () =>
  makeProgram({}, { out: () => {}, err: () => {} }, noTries, await loadCommands(['completion']))
const program = await load()

/** The commands that do something; a group alone does nothing. */
const leavesOf = (command: Command): Command[] => [
  ...(command.commands.length === 0 || columnsOfCommand(command).length > 0 ? [command] : []),
  ...command.commands.flatMap(leavesOf),
]
const leaves = leavesOf(program).filter((command) => command.name() !== COMPLETE)

/** Those that print no result of the service. */
const WITHOUT_COLUMNS = ['start', 'completion', 'help']

const row = (...cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
const usageOf = (command: Command) =>
  [
    'tallyman',
    wordsOf(command),
    ...command.registeredArguments.map((one) => (one.required ? `<${one.name()}>` : `[${one.name()}]`)),
  ].join(' ')

const GENERATED: Record<string, () => string[]> = {
  'exit statuses': () => [
    row('status', 'meaning'),
    row('---', '---'),
    ...EXIT_STATUSES.map(([status, meaning]) => row(String(status), meaning.replace(/"([^"]+)"/g, '`$1`'))),
  ],
  commands: () => [
    row('command', 'what it does'),
    row('---', '---'),
    ...leaves.map((command) => row(`\`${usageOf(command)}\``, command.summary() || command.description())),
  ],
  columns: () => [
    row('command', 'columns as csv'),
    row('---', '---'),
    ...leaves.flatMap((command) =>
      columnsOfCommand(command).map(({ columns: { names }, when }) =>
        row(
          `\`${wordsOf(command)}\`${when && `, ${when.replace(/--\S+/g, '`$&`')}`}`,
          names.map((name) => `\`${name}\``).join(' '),
        ),
      ),
    ),
  ],
}

test('docs/cli.md has every command, its columns, and the exit statuses', async () => {
  const text = await readFile(DOCUMENT, 'utf8')
  let expected = text
  for (const [name, lines] of Object.entries(GENERATED)) {
    const part = new RegExp(`(<!-- ${name}: generated.*-->\n)[^]*?(<!-- end -->)`)
    expect(text).toMatch(part)
    expected = expected.replace(part, (_, head, end) => `${head}${lines().join('\n')}\n${end}`)
  }
  await expect(expected).toMatchFileSnapshot(DOCUMENT)
})

describe.each(leaves.map((command) => [wordsOf(command), command] as const))('%s', (words, command) => {
  test('has columns', () => {
    const has = columnsOfCommand(command).length > 0
    expect(has).toBe(!WITHOUT_COLUMNS.includes(words))
    for (const { columns } of columnsOfCommand(command))
      expect(new Set(columns.names).size).toBe(columns.names.length)
  })

  test('has an example in its help, which it takes', async () => {
    const example = exampleOf(command) ?? 'none'
    expect((await tallyman({}, ...words.split(' '), '--help')).out).toContain(`tallyman ${example}\n`)
    const [line = ''] = example.split(/ (?:>|\|\|) /)
    const argv = (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^["']|["']$/g, ''))
    const fresh = await load()
    const called: string[] = []
    for (const one of leavesOf(fresh)) one.action(() => void called.push(wordsOf(one)))
    await fresh.parseAsync(argv, { from: 'user' })
    expect(called).toEqual([words])
  })
})

test('help has the topics that the program names', async () => {
  expect((await tallyman({}, 'help', 'exit-status')).out).toContain(`\n7  ${EXIT_STATUSES.at(-1)?.[1]}\n`)
  expect((await tallyman({}, 'help', 'output')).out).toMatch(/ndjson/)
})
