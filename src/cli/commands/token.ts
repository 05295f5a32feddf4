import { type Command, Option } from 'commander'
import { type Static, Type } from 'typebox'
import { TOKEN_VERBS } from '../../access/named-token.ts'
import type { AddCommand, Cli } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { confirm, withYes } from '../confirm.ts'
import { withColumns } from '../described.ts'
import { durationOption } from '../duration-option.ts'
import { EXIT } from '../exit-statuses.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import type { Service } from '../service.ts'
import { fields, table } from '../table.ts'

const Text = Type.Union([Type.String(), Type.Null()])
const Token = {
  ...{ name: Type.String(), projects: Type.Array(Type.String()), verbs: Type.Array(Type.String()) },
  ...{ createdAt: Type.String(), createdBy: Type.String(), why: Text, expiresAt: Text },
}
const Made = Type.Object({ ...Token, secret: Type.String() })
const Tokens = Type.Object({ tokens: Type.Array(Type.Object({ ...Token, lastUsedAt: Text })) })
const Revoked = Type.Object({ revoked: Type.String() })

type Listed = Static<typeof Tokens>['tokens'][number]

const MADE_COLUMNS = columns<Static<typeof Made>>(
  ...(['name', 'verbs', 'projects', 'createdAt', 'createdBy', 'expiresAt', 'why', 'secret'] as const),
)
const COLUMNS = columns<Listed>(
  ...(['name', 'verbs', 'projects', 'createdAt', 'createdBy', 'expiresAt', 'lastUsedAt', 'why'] as const),
)
const REVOKED_COLUMNS = columns<Static<typeof Revoked>>('revoked')

interface Options {
  project: string[]
  verb: string[]
  for?: string
  why?: string
}

export const addToken: AddCommand = (program, cli) => {
  const token = addGroup(program, 'token').description('Make, list and revoke tokens for some projects.')
  addCreate(token, cli)

  withColumns(token.command('list'), COLUMNS)
    .description(
      'List the named tokens, with who made them and when they were last used; never their secrets.',
    )
    .action(async () => {
      const service = await cli.service()
      const { tokens } = await service.get('/v1/tokens', Tokens)
      if (tokens.length === 0) cli.note('there is no named token')
      await cli.show({ value: { tokens }, rows: tokens, columns: COLUMNS, lines: tableOf(tokens) })
    })

  const revoke = withYes(token.command('revoke'))
  withColumns(revoke, REVOKED_COLUMNS)
  withColumns(revoke, COLUMNS, 'with --dry-run')
  revoke
    .description('Revoke a named token. It is refused at once.')
    .argument('<NAME>', 'the name of the token')
    .option('--dry-run', 'only show which token this is')
    .action(async (name: string, { dryRun }: { dryRun?: true }, command: Command) => {
      const service = await cli.service()
      if (dryRun) return showNamed(cli, service, name)
      await confirm(cli, command, `revoke the token ${name}`)
      const answer = await service.delete(`/v1/tokens/${encodeURIComponent(name)}`, Revoked)
      await cli.show({ value: answer, columns: REVOKED_COLUMNS, lines: [`revoked: ${answer.revoked}`] })
    })
}

async function showNamed(cli: Cli, service: Service, name: string): Promise<void> {
  const { tokens } = await service.get('/v1/tokens', Tokens)
  const found = tokens.find((one) => one.name === name)
  if (found === undefined) throw new CommandError(`there is no token "${name}"`).as(EXIT.notFound)
  await cli.show({ value: found, columns: COLUMNS, lines: tableOf([found]) })
  cli.note('nothing was revoked: this was a dry run')
}

const tableOf = (tokens: readonly Listed[]) =>
  table(
    ['NAME', 'VERBS', 'PROJECTS', 'EXPIRES', 'LAST USED', 'CREATED', 'BY', 'WHY'],
    tokens.map((one) => [
      ...[one.name, one.verbs.join(', '), one.projects.join(', '), one.expiresAt ?? 'never'],
      ...[one.lastUsedAt ?? 'never', one.createdAt, one.createdBy, one.why ?? ''],
    ]),
  )

function addCreate(token: Command, cli: Cli): void {
  withColumns(token.command('create'), MADE_COLUMNS)
    .summary('Make a token for some projects, and print its secret, this once.')
    .description(
      'Make a token for some projects, and print its secret, this once. --project and --verb may be given several times.',
    )
    .argument('<NAME>', 'its name: records show it')
    .requiredOption('--project <GLOB...>', "projects that it is for, such as 'ci/team-a/**'; '**' is all")
    .addOption(new Option('--verb <VERB...>', 'what it may do').choices(TOKEN_VERBS).makeOptionMandatory())
    .option('--for <DURATION>', 'for how long, such as 90d; until it is revoked if left out', durationOption)
    .option('--why <TEXT>', 'why: "token list" shows it')
    .action(async (name: string, { project: projects, verb: verbs, ...more }: Options) => {
      const service = await cli.service()
      const made = await service.post('/v1/tokens', { name, projects, verbs, ...more }, Made)
      await cli.show({
        ...{ value: made, columns: MADE_COLUMNS },
        lines: fields([
          ['name', made.name],
          ['verbs', made.verbs.join(', ')],
          ['projects', made.projects.join(', ')],
          ['expires', made.expiresAt ?? 'never'],
          ['secret', made.secret],
        ]),
      })
      cli.note('the secret is not shown again: put it where TALLYMAN_TOKEN is read from')
    })
}
