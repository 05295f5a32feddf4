import { Command, InvalidArgumentError } from 'commander'
import { printable, printableJson } from '../platform/printable.ts'
import { VERSION } from '../platform/version.ts'
import type { AddCommand, Cli, Tries } from './cli.ts'
import { addAlerts } from './commands/alerts.ts'
import { addAudit } from './commands/audit.ts'
import { addConfig } from './commands/config.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEvents } from './commands/events.ts'
import { addExpire } from './commands/expire.ts'
import { addExpiry } from './commands/expiry.ts'
import { addFlags } from './commands/flags.ts'
import { addForecast } from './commands/forecast.ts'
import { addHelp } from './commands/help.ts'
import { addHistory } from './commands/history.ts'
import { addImages } from './commands/images.ts'
import { addJobs } from './commands/jobs.ts'
import { addPromote } from './commands/promote.ts'
import { addPromotion } from './commands/promotion.ts'
import { addQuarantine } from './commands/quarantine.ts'
import { addQuota } from './commands/quota.ts'
import { addReconcile } from './commands/reconcile.ts'
import { addRegistries } from './commands/registries.ts'
import { addReport } from './commands/report.ts'
import { addRuns } from './commands/runs.ts'
import { addSnapshot } from './commands/snapshot.ts'
import { addStart } from './commands/start.ts'
import { addTags } from './commands/tags.ts'
import { addToken } from './commands/token.ts'
import { addTrash } from './commands/trash.ts'
import { addUsage } from './commands/usage.ts'
import { addUses } from './commands/uses.ts'
import { addWhoami } from './commands/whoami.ts'
import { allowUnknownCommands } from './group.ts'
import { findService } from './service.ts'

/** In the order of the help. */
const COMMANDS: readonly AddCommand[] = [
  addUsage,
  addHistory,
  addForecast,
  addReport,
  addImages,
  addTags,
  addFlags,
  addQuota,
  addAlerts,
  addEvents,
  addPromote,
  addPromotion,
  addExpire,
  addRuns,
  addExpiry,
  addTrash,
  addAudit,
  addRegistries,
  addReconcile,
  addSnapshot,
  addQuarantine,
  addJobs,
  addUses,
  addToken,
  addWhoami,
  addConfig,
  addDoctor,
  addStart,
  addHelp,
]

const FORMATS = ['table', 'json']
const LINE_FORMATS = ['ndjson', 'csv']

const AFTER_HELP = `
"start" runs the service. All other commands but "config", "init", "expiry try"
and "help" ask a running one, at --url and with the token in $TALLYMAN_TOKEN.
The read token is enough to look; a named token sees its projects. What is not
given is read from the configuration that Tallyman runs with: its address and
its admin token. That is the file $TALLYMAN_CONFIG, or tallyman.yaml.

"tallyman help COMMAND" describes a command.`

/** The program `tallyman`. Commander ends it by throwing a CommanderError, never by leaving the process. */
export function makeProgram(
  env: NodeJS.ProcessEnv,
  write: { out: (text: string) => void; err: (text: string) => void },
  tries: Tries,
): Command {
  // The commands inherit these settings, so they must be made before the commands are added.
  const program = new Command('tallyman')
    .description('Usage, quotas, promotion and expiry for container registries.')
    .option('--url <URL>', 'address of the service; that of the configuration if left out', parseUrl)
    .option(
      '--output <FORMAT>',
      'how to print the result: table or json; "expiry plan" and "report" also as ndjson or csv',
      'table',
    )
    .version(VERSION, '--version', 'show the version')
    .addHelpText('after', AFTER_HELP)
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: write.out,
      // It repeats arguments, and a script may take these from a registry.
      writeErr: (text) => write.err(text.split('\n').map(printable).join('\n')),
    })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('Add --help for the usage.')
  const output = () => program.opts<{ output: string }>().output
  /** The commands that print as lines, too. */
  const withLines = new Set<Command>()
  program.hook('preAction', (_, command) => {
    const formats = withLines.has(command) ? [...FORMATS, ...LINE_FORMATS] : FORMATS
    if (!formats.includes(output()))
      command.error(
        `error: option '--output <FORMAT>' argument '${output()}' is invalid. Allowed choices are ${formats.join(', ')}.`,
      )
  })
  const cli: Cli = {
    env,
    ...tries,
    service: () => findService(env, program.opts<{ url?: string }>().url),
    show(value, lines) {
      const isJson = output() === 'json'
      const shown = isJson ? [printableJson(value)] : lines.map(printable)
      write.out(shown.map((line) => `${line}\n`).join(''))
    },
    output,
    allowLines: (command) => void withLines.add(command),
    print: write.out,
    note: (line) => write.err(`${printable(line)}\n`),
  }
  for (const add of COMMANDS) add(program, cli)
  allowUnknownCommands(program)
  return program
}

/** Without slashes at its end. */
function parseUrl(text: string): string {
  const { protocol } = URL.parse(text) ?? {}
  if (protocol !== 'http:' && protocol !== 'https:')
    throw new InvalidArgumentError('Expected an http or https URL.')
  return text.replace(/\/+$/, '')
}
