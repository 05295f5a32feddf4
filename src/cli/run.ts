import { parseArgs } from 'node:util'
import type { Command } from './command.ts'
import { CommandError } from './command-error.ts'
import { configCheck } from './config-check.ts'
import { reconcile } from './reconcile.ts'
import { registries } from './registries.ts'
import { findService } from './service.ts'
import { snapshotList } from './snapshot-list.ts'
import { snapshotRestore } from './snapshot-restore.ts'
import { snapshotWrite } from './snapshot-write.ts'

const COMMANDS: readonly Command[] = [
  configCheck,
  registries,
  reconcile,
  snapshotList,
  snapshotWrite,
  snapshotRestore,
]

const callOf = ({ words, args, flags }: Command): string =>
  ['tallyman', words, ...args, ...flags.map((flag) => `[--${flag}]`)].join(' ')

const width = Math.max(...COMMANDS.map((command) => callOf(command).length))
const USAGE = `usage:
${COMMANDS.map((command) => `  ${callOf(command).padEnd(width)}  ${command.summary}`).join('\n')}

All but config check ask a running Tallyman, with the admin token, where the configuration that it runs with says it is:
$TALLYMAN_CONFIG or tallyman.yaml. --url URL says another place.
`

/** Runs what the words after `tallyman` ask for and gives the exit status: 0 done, 1 could not be done, 2 asked wrongly. */
export async function run(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  print: { out: (text: string) => void; err: (text: string) => void },
): Promise<number> {
  if (argv.some((arg) => arg === '--help' || arg === '-h')) {
    print.out(USAGE)
    return 0
  }
  try {
    const { command, args, flags, url } = parse(argv)
    await command.run({
      ...{ args, flags, env },
      service: () => findService(env, url),
      say: (line) => print.out(`${line}\n`),
      note: (line) => print.err(`${line}\n`),
    })
    return 0
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    print.err(`${error.message}\n`)
    if (error.status === 2) print.err(`\n${USAGE}`)
    return error.status
  }
}

function parse(argv: readonly string[]) {
  const { positionals, values } = parsed(argv)
  const command = COMMANDS.find(({ words }) => startsWith(positionals, words.split(' ')))
  if (command === undefined)
    throw new CommandError(
      positionals.length === 0 ? 'expected a command' : `unknown command: ${positionals.join(' ')}`,
      2,
    )
  const args = positionals.slice(command.words.split(' ').length)
  const required = command.args.filter((name) => !name.startsWith('['))
  if (args.length < required.length) throw new CommandError(`expected ${required[args.length]}`, 2)
  if (args.length > command.args.length)
    throw new CommandError(`expected nothing after ${args[command.args.length - 1] ?? command.words}`, 2)
  const { url, ...given } = values
  const flags = new Set(Object.keys(given))
  for (const flag of flags)
    if (!command.flags.includes(flag)) throw new CommandError(`${command.words} knows no --${flag}`, 2)
  return { command, args, flags, url: typeof url === 'string' ? url : undefined }
}

function parsed(argv: readonly string[]) {
  const flags = COMMANDS.flatMap((command) => command.flags)
  const options = Object.fromEntries(flags.map((flag) => [flag, { type: 'boolean' as const }]))
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { ...options, url: { type: 'string' } },
    })
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error), 2)
  }
}

const startsWith = (all: readonly string[], words: readonly string[]): boolean =>
  words.every((word, i) => all[i] === word)
