import { ConfigError } from '../../config/config-error.ts'
import { loadConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'
import { addGroup } from '../group.ts'

export const addConfig: AddCommand = (program, { env, show }) => {
  const config = addGroup(program, 'config').description('Check a configuration.')

  config
    .command('check')
    .description('Read a configuration and report everything that is wrong with it.')
    .argument('<FILE>', 'the configuration, such as tallyman.yaml')
    .action(async (file: string) => {
      const loaded = await loadConfig(file, env).catch((error) => {
        throw error instanceof ConfigError ? new CommandError(...error.message.split('\n')) : error
      })
      const counts = countsOf(loaded)
      const words = Object.entries(counts).map(([name, count]) => `${wordsOf(name)} ${count}`)
      const dryRun = loaded.expiry.dryRun ? ' (dry run)' : ''
      show({ file, ...counts }, [`${file} is right: ${words.join(', ')}${dryRun}`])
    })
}

/** `promotionRules` as `promotion rules`. */
const wordsOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const countsOf = ({ registries, quotas, alerts, promotion, expiry }: Config) => ({
  registries: Object.keys(registries).length,
  quotas: quotas.length,
  channels: alerts.channels.length,
  promotionRules: promotion.rules.length,
  expiryPolicies: expiry.policies.length,
})
