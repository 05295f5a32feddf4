import { warningsAboutChannels } from '../../alerts/wants.ts'
import { meetingsOf } from '../../config/check-promotion.ts'
import { warningsAboutEscalation } from '../../config/check-quotas.ts'
import { ConfigError } from '../../config/config-error.ts'
import { loadConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import { warningsAbout } from '../../expiry/dialect-opinions.ts'
import { tiesIn } from '../../quota/specificity.ts'
import type { AddCommand, Connection } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { withColumns } from '../described.ts'
import { addGroup } from '../group.ts'
import { columns } from '../output/columns.ts'
import type { Line } from '../output/line.ts'

const COLUMNS = columns<{ file: string } & ReturnType<typeof countsOf>>(
  ...(['file', 'registries', 'quotas', 'channels', 'promotionRules', 'expiryPolicies'] as const),
)
const CONNECTION_COLUMNS = columns<Connection>('name', 'tried', 'remark', 'failure')

export const addConfig: AddCommand = (program, { env, note, show, tryConnections }) => {
  const config = addGroup(program, 'config').description('Check a configuration.')

  const command = config.command('check')
  withColumns(command, COLUMNS)
  withColumns(command, CONNECTION_COLUMNS, 'with --connect')
  command
    .description('Read a configuration and report everything that is wrong with it.')
    .argument('[FILE]', 'the configuration; $TALLYMAN_CONFIG or tallyman.yaml if left out')
    .option(
      '--connect',
      'also try everything that it names: registries, whether they let expiry and promotion delete and push, GitLab, images in use, channels, store and Redis',
    )
    .action(async (given: string | undefined, { connect }: { connect?: true }) => {
      const file = given ?? env.TALLYMAN_CONFIG ?? 'tallyman.yaml'
      const loaded = await loadConfig(file, env).catch((error) => {
        throw error instanceof ConfigError ? new CommandError(...error.message.split('\n')) : error
      })
      const counts = countsOf(loaded)
      const words = Object.entries(counts).map(([name, count]) => `${wordsOf(name)} ${count}`)
      for (const warning of warningsOf(loaded)) note(`warning: ${warning}`)
      const line = `${file} is right: ${words.join(', ')}${modesOf(loaded)}`
      const value = { file, ...counts }
      if (!connect) return show({ value, columns: COLUMNS, lines: [line] })
      const connections = await Array.fromAsync(tryConnections(loaded))
      await show({
        ...{ value: { ...value, connections }, rows: connections, columns: CONNECTION_COLUMNS },
        lines: [line, ...connections.map(lineOf)],
      })
      const failed = connections.filter(({ failure }) => failure !== undefined).length
      if (failed > 0) throw new CommandError(`${failed} of ${connections.length} failed`)
    })
}

/** Registries that nobody vouches for, what the dialects of expiry policies warn of, quotas of which either could apply or that evict nothing, promotions that can meet, and channels that can get nothing. */
const warningsOf = (config: Config): string[] => [
  ...Object.entries(config.registries).flatMap(([name, { insecure }]) =>
    insecure
      ? `registries.${name}.insecure: any certificate is accepted, so whoever is on the way can be this registry`
      : [],
  ),
  ...config.expiry.policies.flatMap((policy) =>
    'dialect' in policy
      ? warningsAbout(policy).map((warning) => `expiry policy ${policy.name}: ${warning}`)
      : [],
  ),
  ...tiesIn(config.quotas.flatMap((quota) => ('project' in quota ? quota.project : []))).map(
    ([a, b]) =>
      `quotas: ${a} and ${b} are equally specific and may match the same project: the first applies`,
  ),
  ...warningsAboutEscalation(config),
  ...meetingsOf(config),
  ...warningsAboutChannels(config.alerts.channels),
]

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
