import type { Command } from 'commander'
import { Type } from 'typebox'
import type { AddCommand, Cli } from '../cli.ts'
import { durationOption } from '../duration-option.ts'
import { addGroup } from '../group.ts'
import { fields, table } from '../table.ts'

const Text = Type.Union([Type.String(), Type.Null()])
const Token = {
  ...{ name: Type.String(), projects: Type.Array(Type.String()), verbs: Type.Array(Type.String()) },
  ...{ createdAt: Type.String(), createdBy: Type.String(), why: Text, expiresAt: Text },
}
const Made = Type.Object({ ...Token, secret: Type.String() })
const Tokens = Type.Object({ tokens: Type.Array(Type.Object({ ...Token, lastUsedAt: Text })) })
const Revoked = Type.Object({ revoked: Type.String() })

interface Options {
  project: string[]
  verb: string[]
  for?: string
  why?: string
}

export const addToken: AddCommand = (program, cli) => {
  const token = addGroup(program, 'token').description('Make, list and revoke tokens for some projects.')
  addCreate(token, cli)

  token
    .command('list')
    .description(
      'List the named tokens, with who made them and when they were last used; never their secrets.',
    )
    .action(async () => {
      const service = await cli.service()
      const { tokens } = await service.get('/v1/tokens', Tokens)
      if (tokens.length === 0) cli.note('there is no named token')
      cli.show(
        { tokens },
        table(
          ['NAME', 'VERBS', 'PROJECTS', 'EXPIRES', 'LAST USED', 'CREATED', 'BY', 'WHY'],
          tokens.map((one) => [
            ...[one.name, one.verbs.join(', '), one.projects.join(', '), one.expiresAt ?? 'never'],
            ...[one.lastUsedAt ?? 'never', one.createdAt, one.createdBy, one.why ?? ''],
          ]),
        ),
      )
    })

  token
    .command('revoke')
    .description('Revoke a named token. It is refused at once.')
    .argument('<NAME>', 'the name of the token')
    .action(async (name: string) => {
      const service = await cli.service()
      const answer = await service.delete(`/v1/tokens/${encodeURIComponent(name)}`, Revoked)
      cli.show(answer, [`revoked: ${answer.revoked}`])
    })
}

function addCreate(token: Command, cli: Cli): void {
  token
    .command('create')
    .summary('Make a token for some projects, and print its secret, this once.')
    .description(
      'Make a token for some projects, and print its secret, this once. --project and --verb may be given several times.',
    )
    .argument('<NAME>', 'its name: records show it')
    .requiredOption('--project <GLOB...>', "projects that it is for, such as 'ci/team-a/**'; '**' is all")
    .requiredOption('--verb <VERB...>', 'what it may do: read, promote, expire or admin')
    .option('--for <DURATION>', 'for how long, such as 90d; until it is revoked if left out', durationOption)
    .option('--why <TEXT>', 'why: "token list" shows it')
    .action(async (name: string, { project: projects, verb: verbs, ...more }: Options) => {
      const service = await cli.service()
      const made = await service.post('/v1/tokens', { name, projects, verbs, ...more }, Made)
      cli.show(
        made,
        fields([
          ['name', made.name],
          ['verbs', made.verbs.join(', ')],
          ['projects', made.projects.join(', ')],
          ['expires', made.expiresAt ?? 'never'],
          ['secret', made.secret],
        ]),
      )
      cli.note('the secret is not shown again: put it where TALLYMAN_TOKEN is read from')
    })
}
