import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { REGISTRY_NAME } from '../../config/schema.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { withColumns } from '../described.ts'
import { KEYS, type Key, makeAnswer, problemOf } from '../init/answering.ts'
import type { Setup } from '../init/answers.ts'
import { configText } from '../init/config-text.ts'
import { nextSteps } from '../init/next-steps.ts'
import { FORMS, type Form, notificationsText, PLACES } from '../init/notifications-text.ts'
import { type Probed, probeRegistry } from '../init/probe-registry.ts'
import { QUESTIONS } from '../init/questions.ts'
import { refuseExisting, requireRight, writePrivate } from '../init/write-files.ts'
import { columns } from '../output/columns.ts'

interface Options extends Partial<Record<Key, string>> {
  file: string
  name: string
  data: string
  username?: string
  passwordFile?: string
  for?: Form
  notifications?: string
  force?: true
  yes?: true
}

interface Written {
  file: string
  registry: string
  kind: Probed['kind']
  /** What the registry needs, in one or several forms. */
  notifications: { form: Form; text: string }[]
}

const COLUMNS = columns<Written>('file', 'registry', 'kind')

const usual = (key: Key): string => `; with --yes: ${QUESTIONS[key].default}`

export const addInit: AddCommand = (program, cli) => {
  const command = withColumns(program.command('init'), COLUMNS)
    .description('Ask five questions, write a first configuration, and tell what the registry needs.')
    .option('--registry <URL>', `the registry, without /v2${usual('registry')}`)
    .option('--segments <NUMBER>', `how many segments of a repository name its project${usual('segments')}`)
    .option('--chat <URL>', `the webhook of a chat for alerts, or none${usual('chat')}`)
    .option('--quota <SIZE>', `what each project may hold, or none${usual('quota')}`)
    .option('--address <URL>', `where registries and people reach Tallyman${usual('address')}`)
    .option('--yes', 'do not ask: take the defaults for what is not given')
    .option('--file <FILE>', 'the file to write', 'tallyman.yaml')
    .option('--force', 'replace files that are there')
    .option('--name <NAME>', 'what the registry is called', 'ci')
    .option('--data <FOLDER>', 'where the service keeps its data', './data')
    .option('--username <USER>', "the user for the registry's API")
    .option('--password-file <FILE>', 'a file that holds the password of the user')
    .addOption(new Option('--for <FORM>', 'how the registry is configured').choices(FORMS))
    .option('--notifications <FILE>', 'write what the registry needs to a file, and do not print it')
    .action((options: Options) => init(cli, command, options))
}

async function init(cli: Cli, command: Command, options: Options): Promise<void> {
  requireUsage(cli, command, options)
  const isReplaced = options.force === true
  for (const file of [options.file, options.notifications])
    if (file !== undefined) await refuseExisting(file, isReplaced)

  const person = options.yes ? undefined : cli.ask
  const answer = makeAnswer(options, person, cli.note)
  const registry = await answer('registry')
  const probed = await probeRegistry(registry, cli.env)
  cli.note(probed.text)
  const setup: Setup = {
    ...{ registry, name: options.name, dataDir: options.data, isGitlab: probed.kind === 'gitlab' },
    login: loginOf(options) ?? (probed.needsLogin && person ? await askLogin(person) : undefined),
    segments: await answer('segments'),
    chat: await answerChat(answer, cli),
    quota: await answer('quota'),
    address: await answer('address'),
    tokens: { read: freshToken(), admin: freshToken(), webhook: freshToken() },
  }
  await writePrivate(options.file, configText(setup), { isReplaced, check: requireRight })

  const forms = options.for ? [options.for] : formsFor(probed)
  const notifications = forms.map((form) => ({ form, text: notificationsText(form, setup) }))
  const text = notifications.map(({ form, text }) => `# ${PLACES[form]}\n${text}`).join('\n')
  if (options.notifications !== undefined) await writePrivate(options.notifications, text, { isReplaced })
  const value: Written = { file: options.file, registry, kind: probed.kind, notifications }
  const lines = options.notifications === undefined ? text.trimEnd().split('\n') : []
  await cli.show({ value, rows: [value], columns: COLUMNS, lines })
  for (const step of nextSteps(setup, probed, { ...options, notifications: options.notifications, forms }))
    cli.note(step)
}

/** Which chat it is may be a guess by the URL, so it is told. */
async function answerChat(answer: ReturnType<typeof makeAnswer>, cli: Cli): Promise<Setup['chat']> {
  const chat = await answer('chat')
  if (chat !== undefined) cli.note(`alerts are written for ${chat.type}`)
  return chat
}

/** What is wrong is told before anything is asked or probed. */
function requireUsage(cli: Cli, command: Command, options: Options): void {
  if ((options.username === undefined) !== (options.passwordFile === undefined))
    command.error('error: expected both --username and --password-file, or neither')
  if (!new RegExp(REGISTRY_NAME.pattern).test(options.name))
    command.error(`error: option '--name': expected ${REGISTRY_NAME.expected}`)
  const missing = KEYS.filter((key) => options[key] === undefined).map((key) => `--${key}`)
  if (cli.ask === undefined && !options.yes && missing.length > 0)
    command.error(`error: nobody can be asked here: give ${missing.join(', ')}, or --yes for the defaults`)
  for (const key of KEYS) {
    const given = options[key]
    const problem = given === undefined ? undefined : problemOf(key, given)
    if (problem !== undefined) command.error(`error: option '--${key}': ${problem}`)
  }
}

/** How a registry of this kind is configured: GitLab's in one of two ways. */
const formsFor = ({ kind }: Probed): readonly Form[] =>
  kind === 'gitlab' ? ['omnibus', 'chart'] : ['distribution']

const loginOf = ({ username, passwordFile }: Options): Setup['login'] =>
  username === undefined || passwordFile === undefined
    ? undefined
    : { username, passwordFile: resolve(passwordFile) }

/** A login for a registry that wants one. Without a user, that of `docker login` counts. */
async function askLogin(person: NonNullable<Cli['ask']>): Promise<Setup['login']> {
  const username = (await person('Its user, or nothing for the login in ~/.docker/config.json: '))?.trim()
  if (!username) return undefined
  const passwordFile = (await person('A file that holds the password: '))?.trim()
  return passwordFile ? { username, passwordFile: resolve(passwordFile) } : undefined
}

/** 192 random bits. */
const freshToken = (): string => randomBytes(24).toString('hex')
