import { Command, InvalidArgumentError, Option } from 'commander'
import { printable } from '../platform/printable.ts'
import { VERSION } from '../platform/version.ts'
import type { AddCommand, Cli, Tries } from './cli.ts'
import { CommandError } from './command-error.ts'
import { addExamples, wordsOf } from './examples.ts'
import { allowUnknownCommands } from './group.ts'
import { FORMATS, type Format } from './output/formats.ts'
import { makePrinter } from './output/printer.ts'
import { SERVICE_URL, type ServiceOptions, serviceUrl } from './service-options.ts'
import { makeStatusLine } from './status-line.ts'
import type { Terminal } from './terminal.ts'

const AFTER_HELP = `
"start" runs the service. All other commands but "init", "config", "expiry try",
"completion" and "help" ask a running one: at --url or $TALLYMAN_URL, with the
token in $TALLYMAN_TOKEN or in the file $TALLYMAN_TOKEN_FILE. The read token is
enough to look; a named token sees its projects. What is not given is read from
the configuration that Tallyman runs with: its address and its admin token. That
is the file $TALLYMAN_CONFIG, or tallyman.yaml.

"tallyman help COMMAND" describes a command, "tallyman help output" what
--output prints, and "tallyman help exit-status" the exit statuses.`

interface Options extends ServiceOptions {
  output: Format
  quiet?: true
}

/** The program `tallyman`. Commander ends it by throwing a CommanderError, never by leaving the process. */
export function makeProgram(
  env: NodeJS.ProcessEnv,
  terminal: Terminal,
  tries: Tries,
  commands: readonly AddCommand[],
): Command {
  // The commands inherit these settings, so they must be made before the commands are added.
  const program = new Command('tallyman')
    .description('Usage, quotas, promotion and expiry for container registries.')
    .option(
      '--url <URL>',
      'address of the service; $TALLYMAN_URL or that of the configuration if left out',
      parseUrl,
    )
    .addOption(
      new Option('--output <FORMAT>', 'how to print the result ("tallyman help output")')
        .choices(FORMATS)
        .default('table'),
    )
    .option('--quiet', 'print neither progress nor remarks on standard error, only errors')
    .option('--ca-file <FILE>', 'certificates to trust beside those of the system, in PEM')
    .version(VERSION, '--version', 'show the version')
    .addHelpText('after', AFTER_HELP)
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void terminal.out(text),
      // It repeats arguments, and a script may take these from a registry.
      writeErr: (text) => terminal.err(text.split('\n').map(printable).join('\n')),
    })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('Add --help for the usage.')
    .hook('preAction', (_, command) => refuseTakenByNpm(command, env))
  const options = () => program.opts<Options>()
  const isQuiet = () => options().quiet === true
  const status = makeStatusLine(terminal, { isQuiet })
  const out = (text: string) => {
    status.clear()
    return terminal.out(text)
  }
  const cli: Cli = {
    ...{ env, ...tries, progress: status },
    ...makePrinter(() => options().output, { ...terminal, out }),
    ...(terminal.ask && { ask: terminal.ask }),
    // Only now: the help and the version need no service.
    service: async () => (await import('./find-service.ts')).findService(env, options()),
    note(line) {
      status.clear()
      if (!isQuiet()) terminal.err(`${printable(line)}\n`)
    },
  }
  for (const add of commands) add(program, cli)
  allowUnknownCommands(program)
  addExamples(program)
  return program
}

/** npm keeps an option that comes before `--` for itself, and this one would be missed. */
function refuseTakenByNpm(command: Command, env: NodeJS.ProcessEnv): void {
  const takesDryRun = command.options.some(({ long }) => long === '--dry-run')
  if (takesDryRun && !command.opts<{ dryRun?: boolean }>().dryRun && env.npm_config_dry_run === 'true')
    throw new CommandError(
      `npm has taken --dry-run for itself: npm run tallyman -- ${wordsOf(command)} … --dry-run`,
    )
}

function parseUrl(text: string): string {
  const url = serviceUrl(text)
  if (url === undefined) throw new InvalidArgumentError(`Expected ${SERVICE_URL}.`)
  return url
}
