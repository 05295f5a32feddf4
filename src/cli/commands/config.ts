import { ConfigError, type Problem } from '../../config/config-error.ts'
import { jsonSchemaOfConfig } from '../../config/json-schema.ts'
import { loadConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import { configWarnings } from '../../doctor/config-warnings.ts'
import type { AddCommand, Connection } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { ExitStatus } from '../exit-status.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import type { Line } from '../output/line.ts'

const COLUMNS = columns<{ file: string } & ReturnType<typeof countsOf>>(
  ...(['file', 'registries', 'quotas', 'channels', 'promotionRules', 'expiryPolicies'] as const),
)
const PROBLEM_COLUMNS = columns<ReturnType<typeof viewOf>>(
  ...(['file', 'line', 'column', 'variable', 'path', 'message', 'expected', 'got'] as const),
)
/** The sections, where a line for each is asked for. */
const SCHEMA_COLUMNS = columns<{ key: string; description: unknown }>('key', 'description')
const CONNECTION_COLUMNS = columns<Connection>('name', 'tried', 'remark', 'failure')

export const addConfig: AddCommand = (program, { env, note, show, format, tryConnections }) => {
  const config = addGroup(program, 'config').description('Check a configuration, and help an editor with it.')

  const command = config.command('check')
  withColumns(command, COLUMNS)
  withColumns(command, CONNECTION_COLUMNS, 'with --connect')
  withColumns(command, PROBLEM_COLUMNS, 'where something is wrong')
  command
    .description('Read a configuration and report everything that is wrong with it.')
    .argument('[FILE]', 'the configuration; $TALLYMAN_CONFIG or tallyman.yaml if left out')
    .option(
      '--connect',
      'also try everything that it names: registries, whether they let expiry and promotion delete and push, GitLab, images in use, channels, store and Redis',
    )
    .action(async (given: string | undefined, { connect }: { connect?: true }) => {
      const file = given ?? env.TALLYMAN_CONFIG ?? 'tallyman.yaml'
      const loaded = await loadConfig(file, env).catch(async (error) => {
        if (!(error instanceof ConfigError)) throw error
        if (format() === 'table') throw new CommandError(...error.message.split('\n'))
        const problems = error.problems.map(viewOf)
        await show({
          ...{ value: { ok: false, file, problems, warnings: [] }, rows: problems, columns: PROBLEM_COLUMNS },
          lines: [],
        })
        throw new ExitStatus(1)
      })
      const warnings = configWarnings(loaded)
      const counts = countsOf(loaded)
      const words = Object.entries(counts).map(([name, count]) => `${wordsOf(name)} ${count}`)
      for (const warning of warnings) note(`warning: ${warning}`)
      const line = `${file} is right: ${words.join(', ')}${modesOf(loaded)}`
      const view = { file, problems: [], warnings, ...counts }
      if (!connect)
        return show({ value: { ok: true, ...view }, rows: [view], columns: COLUMNS, lines: [line] })
      const connections = await Array.fromAsync(tryConnections(loaded))
      const failed = connections.filter(({ failure }) => failure !== undefined).length
      await show({
        ...{
          value: { ok: failed === 0, ...view, connections },
          rows: connections,
          columns: CONNECTION_COLUMNS,
        },
        lines: [line, ...connections.map(lineOf)],
      })
      if (failed > 0) throw new CommandError(`${failed} of ${connections.length} failed`)
    })

  withColumns(config.command('schema'), SCHEMA_COLUMNS)
    .description('Print the JSON Schema of the configuration, by which editors complete and check it.')
    .action(() => {
      const schema = jsonSchemaOfConfig()
      const rows = Object.entries(schema.properties ?? {}).map(([key, { description }]) => ({
        key,
        description,
      }))
      return show({
        ...{ value: schema, rows, columns: SCHEMA_COLUMNS },
        lines: JSON.stringify(schema, undefined, 2).split('\n'),
      })
    })
}

/** A problem as `config check --output json` tells it. `path` is that of the key: `registries.ci.url`. */
function viewOf({ location, key: path, message, got }: Problem) {
  const [, expected] = /^(?:missing; )?expected (.*)$/s.exec(message) ?? []
  return {
    ...location,
    ...(path !== '' && { path }),
    message,
    ...(expected !== undefined && { expected }),
    ...(got !== undefined && { got }),
  }
}

function lineOf({ name, tried, remark, failure }: Connection): Line {
  const outcome = failure ?? remark
  const word = failure === undefined ? 'ok' : 'FAILED'
  const text = `${name}: ${tried}${outcome === undefined ? '' : `: ${outcome}`}`
  return [{ word }, ' '.repeat('FAILED '.length - word.length), text]
}

/** `promotionRules` as `promotion rules`. */
const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

/** How many of the expiry policies delete; nothing if there is none. */
function modesOf({ expiry: { policies } }: Config): string {
  const applied = policies.filter(({ mode }) => mode === 'apply').length
  return policies.length === 0 ? '' : ` (mode plan ${policies.length - applied}, apply ${applied})`
}

const countsOf = ({ registries, quotas, alerts, promotion, expiry }: Config) => ({
  registries: Object.keys(registries).length,
  quotas: quotas.length,
  channels: alerts.channels.length,
  promotionRules: promotion.rules.length,
  expiryPolicies: expiry.policies.length,
})
