import { ConfigError, type Problem } from '../../config/config-error.ts'
import { jsonSchemaOfConfig } from '../../config/json-schema.ts'
import { loadConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import { configWarnings } from '../../doctor/config-warnings.ts'
import type { AddCommand, Connection } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { ExitStatus } from '../exit-status.ts'
import { addGroup } from '../group.ts'

export const addConfig: AddCommand = (program, { env, note, show, output, tryConnections }) => {
  const config = addGroup(program, 'config').description('Check a configuration, and help an editor with it.')

  config
    .command('check')
    .description('Read a configuration and report everything that is wrong with it.')
    .argument('[FILE]', 'the configuration; $TALLYMAN_CONFIG or tallyman.yaml if left out')
    .option(
      '--connect',
      'also try everything that it names: registries, whether they let expiry and promotion delete and push, GitLab, images in use, channels, store and Redis',
    )
    .action(async (given: string | undefined, { connect }: { connect?: true }) => {
      const file = given ?? env.TALLYMAN_CONFIG ?? 'tallyman.yaml'
      const loaded = await loadConfig(file, env).catch((error) => {
        if (!(error instanceof ConfigError)) throw error
        if (output() === 'table') throw new CommandError(...error.message.split('\n'))
        show({ ok: false, file, problems: error.problems.map(viewOf), warnings: [] }, [])
        throw new ExitStatus(1)
      })
      const warnings = configWarnings(loaded)
      const counts = countsOf(loaded)
      const words = Object.entries(counts).map(([name, count]) => `${wordsOf(name)} ${count}`)
      for (const warning of warnings) note(`warning: ${warning}`)
      const line = `${file} is right: ${words.join(', ')}${modesOf(loaded)}`
      const view = { file, problems: [], warnings, ...counts }
      if (!connect) return show({ ok: true, ...view }, [line])
      const connections = await Array.fromAsync(tryConnections(loaded))
      const failed = connections.filter(({ failure }) => failure !== undefined).length
      show({ ok: failed === 0, ...view, connections }, [line, ...connections.map(lineOf)])
      if (failed > 0) throw new CommandError(`${failed} of ${connections.length} failed`)
    })

  config
    .command('schema')
    .description('Print the JSON Schema of the configuration, by which editors complete and check it.')
    .action(() => {
      const schema = jsonSchemaOfConfig()
      show(schema, JSON.stringify(schema, undefined, 2).split('\n'))
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

function lineOf({ name, tried, remark, failure }: Connection): string {
  const outcome = failure ?? remark
  return `${failure === undefined ? 'ok     ' : 'FAILED '}${name}: ${tried}${outcome === undefined ? '' : `: ${outcome}`}`
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
