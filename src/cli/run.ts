import { parseArgs } from 'node:util'
import type { Command } from './command.ts'
import { CommandError } from './command-error.ts'
import { configCheck } from './config-check.ts'
import { jobs } from './jobs.ts'
import { jobsDiscard } from './jobs-discard.ts'
import { jobsFailed } from './jobs-failed.ts'
import { jobsRetry } from './jobs-retry.ts'
import { jobsShow } from './jobs-show.ts'
import { quarantineDiscard } from './quarantine-discard.ts'
import { quarantineList } from './quarantine-list.ts'
import { quarantineReplay } from './quarantine-replay.ts'
import { quarantineShow } from './quarantine-show.ts'
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
  quarantineList,
  quarantineShow,
  quarantineReplay,
  quarantineDiscard,
  jobs,
  jobsFailed,
  jobsShow,
  jobsRetry,
  jobsDiscard,
]

const callOf = ({ words, args, flags }: Command): string =>
  ['tallyman', words, ...args, ...flags.map((flag) => `[--${flag.replace('=', ' ')}]`)].join(' ')

/** Where the summaries begin; below it where there is no room beside a command. */
const COLUMN = 43
function usageOf(command: Command): string {
  const call = `  ${callOf(command)}`
  const below = call.length > COLUMN - 2 ? `\n${' '.repeat(COLUMN)}` : ' '.repeat(COLUMN - call.length)
  return `${call}${below}${command.summary}`
}

const USAGE = `usage:
${COMMANDS.map(usageOf).join('\n')}

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
  // `jobs failed` is not `jobs` with an argument.
  const command = COMMANDS.filter(({ words }) => startsWith(positionals, words.split(' ')))
    .sort((a, b) => b.words.length - a.words.length)
    .at(0)
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
  const flags = new Map(
    Object.entries(given).map(([flag, value]) => [flag, typeof value === 'string' ? value : '']),
  )
  const known = command.flags.map(nameOf)
  for (const flag of flags.keys())
    if (!known.includes(flag)) throw new CommandError(`${command.words} knows no --${flag}`, 2)
  return { command, args, flags, url: typeof url === 'string' ? url : undefined }
}

function parsed(argv: readonly string[]) {
  const flags = COMMANDS.flatMap((command) => command.flags)
  const options = Object.fromEntries(
    flags.map((flag) => [
      nameOf(flag),
      { type: flag.includes('=') ? ('string' as const) : ('boolean' as const) },
    ]),
  )
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

/** `so` of `so=NAME`. */
const nameOf = (flag: string): string => flag.split('=')[0] ?? ''

const startsWith = (all: readonly string[], words: readonly string[]): boolean =>
  words.every((word, i) => all[i] === word)
