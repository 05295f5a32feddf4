import { ConfigError } from '../../config/config-error.ts'
import { loadConfig } from '../../config/load.ts'
import type { AddCommand } from '../cli.ts'
import { CommandError } from '../command-error.ts'

export const addConfig: AddCommand = (program, { env, print }) => {
  const config = program.command('config').description('Check a configuration.')

  config
    .command('check')
    .description('Read a configuration and report everything that is wrong with it.')
    .argument('<FILE>', 'the configuration, such as tallyman.yaml')
    .action(async (file: string) => {
      const loaded = await loadConfig(file, env).catch((error) => {
        throw error instanceof ConfigError ? new CommandError(error.message) : error
      })
      print(`${file} is right: ${summaryOf(loaded)}`)
    })
}

function summaryOf(config: Awaited<ReturnType<typeof loadConfig>>): string {
  const { registries, quotas, alerts, promotion, expiry } = config
  return [
    `registries ${Object.keys(registries).length}`,
    `quotas ${quotas.length}`,
    `channels ${alerts.channels.length}`,
    `promotion rules ${promotion.rules.length}`,
    `expiry policies ${expiry.policies.length}${expiry.dryRun ? ' (dry run)' : ''}`,
  ].join(', ')
}
