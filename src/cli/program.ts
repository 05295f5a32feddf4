import { Command, InvalidArgumentError } from 'commander'
import type { AddCommand, Cli, TryConnections } from './cli.ts'
import { addConfig } from './commands/config.ts'
import { addHelp } from './commands/help.ts'
import { addJobs } from './commands/jobs.ts'
import { addQuarantine } from './commands/quarantine.ts'
import { addReconcile } from './commands/reconcile.ts'
import { addRegistries } from './commands/registries.ts'
import { addSnapshot } from './commands/snapshot.ts'
import { addTags } from './commands/tags.ts'
import { findService } from './service.ts'

/** In the order of the help. */
const COMMANDS: readonly AddCommand[] = [
  addConfig,
  addRegistries,
  addTags,
  addReconcile,
  addSnapshot,
  addQuarantine,
  addJobs,
  addHelp,
]

const AFTER_HELP = `
All commands but "config check" and "help" ask a running Tallyman. They read its
address and the admin token from the configuration that it runs with:
$TALLYMAN_CONFIG, or tallyman.yaml.

"tallyman help COMMAND" describes a command.`

/** The program `tallyman`. Commander ends it by throwing a CommanderError, never by leaving the process. */
export function makeProgram(
  env: NodeJS.ProcessEnv,
  write: { out: (text: string) => void; err: (text: string) => void },
  tryConnections: TryConnections,
): Command {
  // The commands inherit these settings, so they must be made before the commands are added.
  const program = new Command('tallyman')
    .description('Usage, quotas, promotion and expiry for container registries.')
    .option('--url <URL>', 'address of the service, in place of the one in the configuration', parseUrl)
    .addHelpText('after', AFTER_HELP)
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: write.out, writeErr: write.err })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('Add --help for the usage.')
  const cli: Cli = {
    env,
    tryConnections,
    service: () => findService(env, program.opts<{ url?: string }>().url),
    print: (...lines) => {
      for (const line of lines) write.out(`${line}\n`)
    },
    note: (line) => write.err(`${line}\n`),
  }
  for (const add of COMMANDS) add(program, cli)
  return program
}

/** Without slashes at its end. */
function parseUrl(text: string): string {
  const { protocol } = URL.parse(text) ?? {}
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new InvalidArgumentError('Expected an http or https URL.')
  return text.replace(/\/+$/, '')
}
